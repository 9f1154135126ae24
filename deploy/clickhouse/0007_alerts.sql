-- What became of alerts, and what they are made of.

-- migrate:up

-- From the hand-over ledger, so by the pipeline's own time: replayed history is judged as if it were today.
-- accepted: the last of accepted and rejected decides; without either, a first touch or done counts as accepted.
-- A retracted alert stays here, as what it is: teams may have acted on it. It is not open.
-- The clock of the first touch starts when the alert lay on its topic.
CREATE OR REPLACE VIEW alert_status
(
    alert_id String COMMENT 'Alert',
    team String COMMENT 'Who should act: marketing, sales or service',
    trigger String COMMENT 'Trigger point reached',
    account_id String COMMENT 'Account it is about',
    account_name String COMMENT 'Its name',
    owner String COMMENT 'Who owned the account then',
    title String COMMENT 'Headline',
    raised_at DateTime64(3, 'UTC') COMMENT 'When it was raised',
    act_by DateTime64(3, 'UTC') COMMENT 'Until when the moment lasts',
    status String COMMENT 'How far it got: open, snoozed, accepted, touched, rejected, done or retracted',
    accepted Bool COMMENT 'The team took it up',
    rejected Bool COMMENT 'The team turned it down',
    reject_reason String COMMENT 'Why',
    first_touch_at DateTime64(3, 'UTC') COMMENT 'When the team first reached out; 1970 if it has not',
    minutes_to_first_touch Nullable(Float64) COMMENT 'Minutes from when it lay on the topic until then; NULL if it has not',
    in_time Nullable(Bool) COMMENT 'Reached out before the time to do so was over; NULL while that is undecided',
    done_at DateTime64(3, 'UTC') COMMENT 'When it was done; 1970 if it is not',
    snoozed_until DateTime64(3, 'UTC') COMMENT 'Last date it was put off to; 1970 if it never was',
    open Bool COMMENT 'Neither done, rejected nor retracted',
    retracted Bool COMMENT 'The evidence was taken back; what the team answered stays'
)
AS SELECT
    l.alert_id AS alert_id,
    l.team AS team,
    l.trigger AS trigger,
    l.account_id AS account_id,
    l.account_name AS account_name,
    l.owner AS owner,
    l.title AS title,
    l.raised_at AS raised_at,
    l.act_by AS act_by,
    multiIf(retracted, 'retracted', f.is_done, 'done', f.decision = 'rejected', 'rejected', f.touched, 'touched',
        f.decision = 'accepted', 'accepted', f.snoozed, 'snoozed', 'open') AS status,
    f.decision = 'accepted' OR (f.decision = '' AND (f.touched OR f.is_done)) AS accepted,
    f.decision = 'rejected' AS rejected,
    if(rejected, f.reject_reason, '') AS reject_reason,
    f.first_touch_at AS first_touch_at,
    if(f.touched, greatest(0, dateDiff('millisecond', f.offered_at, f.first_touch_at) / 60000), NULL)
        AS minutes_to_first_touch,
    multiIf(retracted AND NOT f.touched, NULL, f.late, false, f.touched, true, NULL) AS in_time,
    f.done_at AS done_at,
    f.snoozed_until AS snoozed_until,
    NOT f.is_done AND f.decision != 'rejected' AND NOT retracted AS open,
    l.status = 'retracted' AS retracted
FROM
(
    SELECT * FROM alerts_said
    ORDER BY revision DESC, kafka_timestamp, kafka_partition, kafka_offset
    LIMIT 1 BY team, alert_id
) AS l
LEFT JOIN
(
    SELECT
        alert_id,
        argMaxIf(step, (at, step), step IN ('accepted', 'rejected')) AS decision,
        argMaxIf(reason, (at, entry_id), step = 'rejected') AS reject_reason,
        minIf(at, step = 'offered') AS offered_at,
        countIf(step = 'first_touch') > 0 AS touched,
        minIf(at, step = 'first_touch') AS first_touch_at,
        countIf(step = 'breached' AND clock = 'first_touch') > 0 AS late,
        countIf(step = 'done') > 0 AS is_done,
        minIf(at, step = 'done') AS done_at,
        countIf(step = 'snoozed') > 0 AS snoozed,
        maxIf(until, step = 'snoozed') AS snoozed_until
    FROM handovers
    GROUP BY alert_id
) AS f ON f.alert_id = l.alert_id
SETTINGS join_use_nulls = 0
COMMENT 'Each alert with what became of it';

CREATE OR REPLACE VIEW alert_outcomes
(
    team String COMMENT 'Who should act: marketing, sales or service',
    trigger String COMMENT 'Trigger point',
    sent UInt64 COMMENT 'Alerts raised',
    retracted UInt64 COMMENT 'Of these, taken back since',
    accepted UInt64 COMMENT 'Taken up by the team',
    rejected UInt64 COMMENT 'Turned down by the team',
    first_touch UInt64 COMMENT 'Followed by a first touch',
    done UInt64 COMMENT 'Done',
    open UInt64 COMMENT 'Neither done, rejected nor retracted',
    overdue UInt64 COMMENT 'Open, without a first touch, past the time there was for it',
    acceptance_rate Nullable(Float64) COMMENT 'Accepted over accepted and rejected; NULL if neither',
    median_minutes_to_first_touch Nullable(Float64) COMMENT 'From when the team could know; NULL if there was none',
    reject_reasons Map(String, UInt64) COMMENT 'Reasons given and how often'
)
AS SELECT
    team,
    trigger,
    count() AS sent,
    countIf(s.retracted) AS retracted,
    countIf(s.accepted) AS accepted,
    countIf(s.rejected) AS rejected,
    countIf(minutes_to_first_touch IS NOT NULL) AS first_touch,
    countIf(done_at > toDateTime64(0, 3, 'UTC')) AS done,
    countIf(s.open) AS open,
    countIf(s.open AND minutes_to_first_touch IS NULL AND in_time = false) AS overdue,
    if(accepted + rejected = 0, NULL, accepted / (accepted + rejected)) AS acceptance_rate,
    if(first_touch = 0, NULL, quantileExactInclusiveIf(0.5)(assumeNotNull(minutes_to_first_touch),
        minutes_to_first_touch IS NOT NULL)) AS median_minutes_to_first_touch,
    sumMapIf(map(reject_reason, toUInt64(1)), s.rejected) AS reject_reasons
FROM alert_status AS s
GROUP BY team, trigger
ORDER BY team, trigger
COMMENT 'What became of alerts, by trigger: the measure of each rule';

CREATE OR REPLACE VIEW trigger_causes
(
    team String COMMENT 'Who should act: marketing, sales or service',
    trigger String COMMENT 'Trigger point',
    type String COMMENT 'Activity type among the causes',
    alerts UInt64 COMMENT 'Alerts of this trigger it is a cause of',
    activities UInt64 COMMENT 'Activities of this type in them',
    decisive UInt64 COMMENT 'Alerts in which it was part of the condition that was met',
    points Float64 COMMENT 'Points it brought',
    share_of_points Nullable(Float64) COMMENT 'Its share of all points of this trigger; NULL if there are none'
)
AS SELECT
    team,
    trigger,
    cause.type AS type,
    uniqExact(alert_id) AS alerts,
    sum(cause.count) AS activities,
    uniqExactIf(alert_id, cause.decisive) AS decisive,
    sum(cause.points) AS points,
    points / nullIf(sum(points) OVER (PARTITION BY team, trigger), 0) AS share_of_points
FROM (SELECT team, trigger, alert_id, arrayJoin(causes) AS cause FROM alerts)
GROUP BY team, trigger, type
ORDER BY team, trigger, points DESC, type
COMMENT 'Which activities bring accounts to which trigger point';

-- Over all that was ever said, corrections included.
-- Points are multiples of 1/8, so their sum is exact in any order and is compared exactly.
CREATE OR REPLACE VIEW cause_check
(
    kind String COMMENT 'transition or alert',
    id String COMMENT 'Its id',
    account_id String COMMENT 'Account',
    score Float64 COMMENT 'Score it shows',
    points Float64 COMMENT 'Sum of its causes'' points',
    causes UInt64 COMMENT 'Number of its causes'
)
AS SELECT kind, id, account_id, score, arraySum(parts) AS points, length(parts) AS causes
FROM
(
    SELECT 'transition' AS kind, transition_id AS id, account_id, score, causes.points AS parts FROM transitions_said
    UNION ALL
    SELECT 'alert' AS kind, alert_id AS id, account_id, score, causes.points AS parts FROM alerts_said
)
WHERE arraySum(parts) != score
COMMENT 'Transitions and alerts whose causes do not add up to their score: must be empty';

-- migrate:down

DROP VIEW IF EXISTS cause_check;
DROP VIEW IF EXISTS trigger_causes;
DROP VIEW IF EXISTS alert_outcomes;
DROP VIEW IF EXISTS alert_status;
