-- Who has it, until when, and how well that is kept: from the hand-over ledger as it stands.

-- migrate:up

CREATE OR REPLACE VIEW handover_status
(
    alert_id String COMMENT 'Alert',
    team String COMMENT 'marketing, sales or service',
    trigger String COMMENT 'Trigger point',
    account_id String COMMENT 'Account',
    account_name String COMMENT 'Its name',
    owner String COMMENT 'Who has it now; '''' for the whole team',
    status String COMMENT 'How far it got: open, snoozed, accepted, touched, rejected, done, retracted or lapsed',
    open Bool COMMENT 'Neither done, rejected, retracted nor lapsed',
    offered_at DateTime64(3, 'UTC') COMMENT 'When it lay on the team''s topic',
    accept_by DateTime64(3, 'UTC') COMMENT 'When the present owner should have accepted by; 1970 if there is no limit',
    touch_by DateTime64(3, 'UTC') COMMENT 'When the present owner should have reached out by; 1970 if there is no limit',
    accepted_at DateTime64(3, 'UTC') COMMENT 'When it was accepted or turned down; 1970 if not',
    first_touch_at DateTime64(3, 'UTC') COMMENT 'When the team first reached out; 1970 if it has not',
    done_at DateTime64(3, 'UTC') COMMENT 'When it was done; 1970 if it is not',
    snoozed_until DateTime64(3, 'UTC') COMMENT 'Last date it was put off to; 1970 if it never was',
    reject_reason String COMMENT 'Why it was turned down',
    warned Bool COMMENT 'A share of some time was used up',
    breached Bool COMMENT 'Some time was over',
    breached_clocks Array(String) COMMENT 'Which: accept, first_touch, done',
    escalated_to Array(String) COMMENT 'Who was told of a breach',
    reassigned UInt64 COMMENT 'How often it was given to somebody else',
    human_hours_to_accept Nullable(Float64) COMMENT 'Working hours from the offer until accepted or turned down; NULL if not',
    human_hours_to_first_touch Nullable(Float64) COMMENT 'Working hours from the offer until the first touch; NULL if none',
    system_seconds Float64 COMMENT 'From the receipt of the raw record to the offer: not the team''s'
)
AS SELECT
    h.alert_id AS alert_id,
    any(h.team) AS team,
    any(h.trigger) AS trigger,
    any(h.account_id) AS account_id,
    anyLast(h.account_name) AS account_name,
    if(countIf(h.step = 'reassigned') = 0, anyIf(h.owner, h.step = 'offered'),
        argMaxIf(h.to, h.round, h.step = 'reassigned')) AS owner,
    multiIf(countIf(h.step = 'retracted') > 0, 'retracted', countIf(h.step = 'done') > 0, 'done',
        argMaxIf(h.step, (h.at, h.step), h.step IN ('accepted', 'rejected')) = 'rejected', 'rejected', countIf(h.step = 'lapsed') > 0, 'lapsed',
        countIf(h.step = 'first_touch') > 0, 'touched', countIf(h.step = 'accepted') > 0, 'accepted',
        countIf(h.step = 'snoozed') > 0, 'snoozed', 'open') AS status,
    status NOT IN ('done', 'rejected', 'retracted', 'lapsed') AS open,
    minIf(h.at, h.step = 'offered') AS offered_at,
    argMaxIf(h.due_at, (h.at, h.round), h.step IN ('offered', 'reassigned', 'snoozed')) AS accept_by,
    argMaxIf(h.touch_by, (h.at, h.round), h.step IN ('offered', 'reassigned', 'snoozed')) AS touch_by,
    minIf(h.at, h.step IN ('accepted', 'rejected')) AS accepted_at,
    minIf(h.at, h.step = 'first_touch') AS first_touch_at,
    minIf(h.at, h.step = 'done') AS done_at,
    maxIf(h.until, h.step = 'snoozed') AS snoozed_until,
    if(status = 'rejected', argMaxIf(h.reason, (h.at, h.entry_id), h.step = 'rejected'), '') AS reject_reason,
    countIf(h.step = 'warned') > 0 AS warned,
    countIf(h.step = 'breached') > 0 AS breached,
    arraySort(groupUniqArrayIf(assumeNotNull(h.clock), h.step = 'breached')) AS breached_clocks,
    arraySort(groupUniqArrayIf(h.to, h.step = 'escalated')) AS escalated_to,
    countIf(h.step = 'reassigned') AS reassigned,
    minIf(h.human_delay_seconds, h.step IN ('accepted', 'rejected')) / 3600 AS human_hours_to_accept,
    minIf(h.human_delay_seconds, h.step = 'first_touch') / 3600 AS human_hours_to_first_touch,
    any(h.system_delay_seconds) AS system_seconds
FROM handovers AS h
GROUP BY alert_id
COMMENT 'Each alert that was handed over: where it stands, who has it, until when, what was late';

-- One row a round goes in: whoever got an alert, at first or by reassignment, is measured by what happened while they
-- had it. Retracted alerts count as offered and retracted only: nobody owed anything.
CREATE OR REPLACE VIEW handover_compliance
(
    team String COMMENT 'marketing, sales or service',
    owner String COMMENT 'Who had it; '''' for the whole team',
    trigger String COMMENT 'Trigger point',
    offered UInt64 COMMENT 'Alerts they got, at first or from somebody else',
    retracted UInt64 COMMENT 'Of these, taken back since',
    answered UInt64 COMMENT 'Accepted, turned down or at once acted on by them',
    answered_in_time UInt64 COMMENT 'Of these, within the time to accept',
    accepted UInt64 COMMENT 'Accepted or acted on',
    accepted_in_time UInt64 COMMENT 'Of these, within the time to accept',
    rejected UInt64 COMMENT 'Turned down',
    touched UInt64 COMMENT 'Followed by a first touch',
    touched_in_time UInt64 COMMENT 'Of these, within the time to reach out',
    breached UInt64 COMMENT 'With some time that was over',
    escalated UInt64 COMMENT 'Of which somebody above was told',
    lost UInt64 COMMENT 'Given to somebody else, since not accepted',
    compliance Nullable(Float64) COMMENT 'Without any breach, over those answered or with a breach; NULL if there are none',
    median_human_hours_to_accept Nullable(Float64) COMMENT 'Working hours from the offer, also those others had it',
    median_human_hours_to_first_touch Nullable(Float64) COMMENT 'Working hours from the offer, also those others had it',
    median_system_seconds Nullable(Float64) COMMENT 'From the raw record''s receipt to the offer: ours, not theirs',
    reject_reasons Map(String, UInt64) COMMENT 'Reasons given and how often'
)
AS SELECT
    g.team AS team,
    g.owner AS owner,
    g.trigger AS trigger,
    count() AS offered,
    countIf(g.gone) AS retracted,
    countIf(NOT g.gone AND r.answered) AS answered,
    countIf(NOT g.gone AND r.answered AND NOT r.late_accept) AS answered_in_time,
    countIf(NOT g.gone AND r.accepted) AS accepted,
    countIf(NOT g.gone AND r.accepted AND NOT r.late_accept) AS accepted_in_time,
    countIf(NOT g.gone AND r.rejected) AS rejected,
    countIf(NOT g.gone AND r.touched) AS touched,
    countIf(NOT g.gone AND r.touched AND NOT r.late_touch) AS touched_in_time,
    countIf(NOT g.gone AND r.breached) AS breached,
    countIf(NOT g.gone AND r.escalated) AS escalated,
    countIf(NOT g.gone AND r.lost) AS lost,
    if(countIf(NOT g.gone AND (r.answered OR r.breached)) = 0, NULL,
        countIf(NOT g.gone AND r.answered AND NOT r.breached)
            / countIf(NOT g.gone AND (r.answered OR r.breached))) AS compliance,
    if(countIf(NOT g.gone AND r.decided) = 0, NULL,
        quantileExactInclusiveIf(0.5)(r.accept_hours, NOT g.gone AND r.decided)) AS median_human_hours_to_accept,
    if(touched = 0, NULL, quantileExactInclusiveIf(0.5)(r.touch_hours, NOT g.gone AND r.touched))
        AS median_human_hours_to_first_touch,
    if(countIf(g.round = 0) = 0, NULL, quantileExactInclusiveIf(0.5)(g.system_seconds, g.round = 0))
        AS median_system_seconds,
    sumMapIf(map(r.reject_reason, toUInt64(1)), NOT g.gone AND r.rejected) AS reject_reasons
FROM
(
    SELECT alert_id, toUInt32(round + (step = 'reassigned')) AS round, if(step = 'reassigned', `to`, owner) AS owner,
        toString(team) AS team, toString(trigger) AS trigger, system_delay_seconds AS system_seconds,
        alert_id IN (SELECT alert_id FROM handovers WHERE step = 'retracted') AS gone
    FROM handovers
    WHERE step IN ('offered', 'reassigned')
) AS g
LEFT JOIN
(
    SELECT
        alert_id,
        round,
        countIf(step IN ('accepted', 'rejected', 'first_touch', 'done')) > 0 AS answered,
        countIf(step IN ('accepted', 'rejected')) > 0 AS decided,
        argMaxIf(step, (at, step), step IN ('accepted', 'rejected')) AS decision,
        decision = 'accepted' OR (decision = '' AND answered) AS accepted,
        decision = 'rejected' AS rejected,
        argMaxIf(reason, (at, entry_id), step = 'rejected') AS reject_reason,
        countIf(step = 'first_touch') > 0 AS touched,
        countIf(step = 'breached') > 0 AS breached,
        countIf(step = 'breached' AND clock = 'accept') > 0 AS late_accept,
        countIf(step = 'breached' AND clock = 'first_touch') > 0 AS late_touch,
        countIf(step = 'escalated') > 0 AS escalated,
        countIf(step = 'reassigned') > 0 AS lost,
        minIf(assumeNotNull(human_delay_seconds), step IN ('accepted', 'rejected')) / 3600 AS accept_hours,
        minIf(assumeNotNull(human_delay_seconds), step = 'first_touch') / 3600 AS touch_hours
    FROM handovers
    GROUP BY alert_id, round
) AS r ON r.alert_id = g.alert_id AND r.round = g.round
GROUP BY team, owner, trigger
ORDER BY team, owner, trigger
SETTINGS join_use_nulls = 0
COMMENT 'How well hand-overs are kept, by team, owner and trigger; system delay apart from human delay';

-- migrate:down

DROP VIEW IF EXISTS handover_compliance;
DROP VIEW IF EXISTS handover_status;
