-- Where accounts stand on the journey, how far they get and how long it takes. Hits of machines count nowhere here, and
-- suppressed accounts have no journey.
-- join_use_nulls is set where views join, since tools like to turn it on for their sessions.

-- migrate:up

-- Stages are data: a worker with the archive writes those of its journey's file when it starts. Until one did, those of
-- the shipped default hold.
CREATE TABLE IF NOT EXISTS stages_log
(
    journey String COMMENT 'Content hash of the journey, as rule_version elsewhere; empty for the shipped default',
    stage String COMMENT 'Stage of the journey',
    rank UInt8 COMMENT 'Its place on the way, from 1; 0 for unaware and for detours',
    phase LowCardinality(String) COMMENT 'prospect, customer or detour',
    kind LowCardinality(String) COMMENT 'inventory, gate or sla',
    sla_hours Float64 COMMENT 'How long an account should be in it, in hours; 0 without a limit',
    sla_working_hours Float64 COMMENT 'Or in working hours of its owner; 0 without such a limit',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When a worker with this journey last started'
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY (journey, stage)
COMMENT 'Stages of every journey that ever was live; read the view stages';

INSERT INTO stages_log (journey, stage, rank, phase, kind, sla_hours, written_at) VALUES
    ('', 'unaware', 0, 'prospect', 'inventory', 0, 0),
    ('', 'aware', 1, 'prospect', 'inventory', 0, 0),
    ('', 'researching', 2, 'prospect', 'inventory', 0, 0),
    ('', 'evaluating', 3, 'prospect', 'inventory', 0, 0),
    ('', 'trialing', 4, 'prospect', 'inventory', 0, 0),
    ('', 'deciding', 5, 'prospect', 'inventory', 0, 0),
    ('', 'customer', 6, 'customer', 'inventory', 0, 0),
    ('', 'adopting', 7, 'customer', 'inventory', 0, 0),
    ('', 'expanding', 8, 'customer', 'inventory', 0, 0),
    ('', 'advocating', 9, 'customer', 'inventory', 0, 0),
    ('', 'at_risk', 0, 'detour', 'inventory', 0, 0),
    ('', 'recycled', 0, 'detour', 'inventory', 0, 0),
    ('', 'disqualified', 0, 'detour', 'inventory', 0, 0),
    ('', 'lost', 0, 'detour', 'inventory', 0, 0),
    ('', 'churned', 0, 'detour', 'inventory', 0, 0),
    ('', 'dormant', 0, 'detour', 'inventory', 0, 0);

CREATE OR REPLACE VIEW stages
(
    stage String COMMENT 'Stage of the journey that went live last',
    rank UInt8 COMMENT 'Its place on the way, from 1; 0 for unaware and for detours',
    phase String COMMENT 'prospect, customer or detour',
    kind String COMMENT 'inventory, gate or sla',
    sla_hours Float64 COMMENT 'How long an account should be in it, in hours; 0 without a limit',
    sla_working_hours Float64 COMMENT 'Or in working hours of its owner; 0 without such a limit'
)
AS SELECT stage, rank, phase, kind, sla_hours, sla_working_hours
FROM stages_log FINAL
WHERE journey = (SELECT argMax(journey, written_at) FROM stages_log)
COMMENT 'Stages of the journey in their order';

-- The last transition is the one with the highest sequence: a late event may move an account at an earlier event time.
CREATE OR REPLACE VIEW account_stage
(
    account_id String COMMENT 'Account',
    product String COMMENT 'Which of its journeys; '''' for the general one, which each account has',
    account_name String COMMENT 'Its name: the directory''s, else the one last seen',
    owner String COMMENT 'Who owns it now',
    tier String COMMENT 'Its tier now',
    target Bool COMMENT 'On the target list now',
    stage String COMMENT 'Stage it is in; unaware before the first transition',
    since DateTime64(3, 'UTC') COMMENT 'When it entered the stage; 1970 before the first transition',
    days_in_stage Float64 COMMENT 'Days since then, to now; 0 before the first transition',
    score_at_transition Float64 COMMENT 'Score at its last transition',
    rule String COMMENT 'Rule that moved it last',
    why String COMMENT 'Why, in one sentence',
    transitions UInt64 COMMENT 'How many transitions so far',
    last_trigger String COMMENT 'Trigger of its newest alert; '''' if none',
    last_trigger_at DateTime64(3, 'UTC') COMMENT 'When that was raised; 1970 if none',
    last_activity String COMMENT 'Type of its newest activity',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'When that happened; 1970 if none'
)
AS SELECT
    account_id,
    product,
    multiIf(d.name != '', d.name, a.account_name != '', a.account_name, t.account_name) AS account_name,
    d.owner AS owner,
    d.tier AS tier,
    d.target AS target,
    if(t.transitions = 0, 'unaware', t.stage) AS stage,
    t.since AS since,
    if(t.transitions = 0, 0, greatest(0, dateDiff('millisecond', t.since, now64(3)) / 86400000)) AS days_in_stage,
    t.score AS score_at_transition,
    t.rule AS rule,
    t.why AS why,
    t.transitions AS transitions,
    l.last_trigger AS last_trigger,
    l.last_trigger_at AS last_trigger_at,
    a.last_activity AS last_activity,
    a.last_activity_at AS last_activity_at
FROM
(
    SELECT account_id, '' AS product FROM activities
    WHERE grade != 'machine' AND account_id NOT IN (SELECT account_id FROM accounts WHERE suppressed != '')
    UNION DISTINCT
    SELECT account_id, product FROM transitions
) AS known
LEFT JOIN
(
    SELECT
        account_id,
        argMax(activities.account_name, (occurred_at, activity_id)) AS account_name,
        argMax(type, (occurred_at, activity_id)) AS last_activity,
        max(occurred_at) AS last_activity_at
    FROM activities
    WHERE grade != 'machine'
    GROUP BY account_id
) AS a USING (account_id)
LEFT JOIN
(
    SELECT
        account_id,
        product,
        transitions,
        newest.1 AS account_name,
        newest.2 AS stage,
        newest.3 AS since,
        newest.4 AS score,
        newest.5 AS rule,
        newest.6 AS why
    FROM
    (
        SELECT
            account_id,
            product,
            count() AS transitions,
            argMax(
                (s.account_name, s.to_stage, s.occurred_at, s.score, s.rule, s.why),
                (s.sequence, s.occurred_at, s.transition_id)) AS newest
        FROM transitions AS s
        GROUP BY account_id, product
    )
) AS t USING (account_id, product)
LEFT JOIN
(
    SELECT account_id, product, argMax(trigger, (raised_at, alert_id)) AS last_trigger, max(raised_at) AS last_trigger_at
    FROM alerts
    GROUP BY account_id, product
) AS l USING (account_id, product)
LEFT JOIN accounts AS d USING (account_id)
SETTINGS join_use_nulls = 0
COMMENT 'Where each account stands now in each of its journeys, and what it did last';

-- Reached: entered the stage or any later one, since accounts may skip stages; so conversion never exceeds 1.
-- The row unaware holds all accounts with any activity or transition; they "enter" it with their first activity.
CREATE OR REPLACE VIEW funnel
(
    product String COMMENT 'Product the journeys are about; '''' for the general ones',
    rank UInt8 COMMENT 'Place of the stage',
    stage String COMMENT 'Stage',
    accounts_reached UInt64 COMMENT 'Accounts that ever entered this stage or a later one',
    accounts_entered UInt64 COMMENT 'Accounts that ever entered this very stage',
    conversion_from_previous Nullable(Float64) COMMENT 'accounts_reached over that of the stage before; NULL for the first',
    accounts_moved_on UInt64 COMMENT 'Of those that entered it, how many entered a later stage afterwards',
    median_days_to_next Nullable(Float64) COMMENT 'Median days from first entering it to first entering a later one; NULL if none did'
)
AS WITH
    entries AS
    (
        SELECT account_id, product, rank, min(occurred_at) AS entered_at
        FROM transitions INNER JOIN stages ON stages.stage = transitions.to_stage
        WHERE rank > 0
        GROUP BY account_id, product, rank
        UNION ALL
        SELECT account_id, '' AS product, 0 AS rank, min(occurred_at) AS entered_at
        FROM activities
        WHERE grade != 'machine' AND account_id NOT IN (SELECT account_id FROM accounts WHERE suppressed != '')
        GROUP BY account_id
    ),
    journeys AS
    (
        SELECT account_id, product, groupArray((rank, entered_at)) AS steps, max(rank) AS highest
        FROM entries
        GROUP BY account_id, product
    ),
    passages AS
    (
        SELECT
            product,
            s.rank AS rank,
            s.stage AS stage,
            highest,
            arrayFilter(step -> step.1 = s.rank, steps) AS own,
            arrayMap(step -> step.2, arrayFilter(step -> step.1 > s.rank AND step.2 >= own[1].2, steps)) AS later,
            notEmpty(own) AND notEmpty(later) AS moved_on,
            dateDiff('millisecond', own[1].2, arrayMin(later)) / 86400000 AS days
        FROM stages AS s CROSS JOIN journeys
        WHERE s.phase != 'detour'
    )
SELECT
    product,
    rank,
    stage,
    countIf(highest >= rank) AS accounts_reached,
    countIf(notEmpty(own)) AS accounts_entered,
    if(rank = 0, NULL, accounts_reached / nullIf(lagInFrame(accounts_reached) OVER (PARTITION BY product ORDER BY rank
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0)) AS conversion_from_previous,
    countIf(moved_on) AS accounts_moved_on,
    if(accounts_moved_on = 0, NULL, quantileExactInclusiveIf(0.5)(days, moved_on)) AS median_days_to_next
FROM passages
GROUP BY product, rank, stage
ORDER BY product, rank
COMMENT 'How far accounts get: reach, conversion and pace of each stage';

CREATE OR REPLACE VIEW time_in_stage
(
    product String COMMENT 'Product the journeys are about; '''' for the general ones',
    rank UInt8 COMMENT 'Place of the stage',
    stage String COMMENT 'Stage',
    stays_ended UInt64 COMMENT 'Stays that ended; an account may come back',
    days_p25 Nullable(Float64) COMMENT 'A quarter of these stays were shorter, in days',
    days_p50 Nullable(Float64) COMMENT 'Half of them were shorter, in days',
    days_p75 Nullable(Float64) COMMENT 'Three quarters of them were shorter, in days',
    days_p90 Nullable(Float64) COMMENT 'Nine tenths of them were shorter, in days',
    accounts_now UInt64 COMMENT 'Accounts that are in the stage now',
    days_now_p50 Nullable(Float64) COMMENT 'Half of these have been in it for less, in days'
)
AS SELECT
    product,
    stages.rank AS rank,
    stages.stage AS stage,
    countIf(ended) AS stays_ended,
    if(stays_ended = 0, NULL, quantileExactInclusiveIf(0.25)(days, ended)) AS days_p25,
    if(stays_ended = 0, NULL, quantileExactInclusiveIf(0.5)(days, ended)) AS days_p50,
    if(stays_ended = 0, NULL, quantileExactInclusiveIf(0.75)(days, ended)) AS days_p75,
    if(stays_ended = 0, NULL, quantileExactInclusiveIf(0.9)(days, ended)) AS days_p90,
    countIf(NOT ended) AS accounts_now,
    if(accounts_now = 0, NULL, quantileExactInclusiveIf(0.5)(days, NOT ended)) AS days_now_p50
FROM
(
    SELECT
        product,
        from_stage AS stage,
        greatest(0, dateDiff('millisecond', entered_from_at, occurred_at) / 86400000) AS days,
        true AS ended
    FROM transitions
    WHERE entered_from_at > toDateTime64(0, 3, 'UTC')
    UNION ALL
    SELECT product, stage, days_in_stage AS days, false AS ended
    FROM account_stage
    WHERE transitions > 0
) AS stays
INNER JOIN stages ON stages.stage = stays.stage
GROUP BY product, rank, stage
ORDER BY product, rank, stage
COMMENT 'How long accounts stay in a stage: stays that ended, and those that last';

-- migrate:down

DROP VIEW IF EXISTS time_in_stage;
DROP VIEW IF EXISTS funnel;
DROP VIEW IF EXISTS account_stage;
DROP VIEW IF EXISTS stages;
DROP TABLE IF EXISTS stages_log;
