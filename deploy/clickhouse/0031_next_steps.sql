-- What accounts did next, as transition probabilities: from each stage, and from each stage after each trigger.

-- migrate:up

-- A stay begins when an account enters a stage (or, by trigger, when an alert is raised in it) and ends with the account's
-- next transition. Stays that have not ended are censored: they last at least until the newest thing the archive knows.
-- To leave them out would favour what happens fast; to count them as "nothing" would make all probabilities too small. So
-- each end is weighed by the share that was still there just before it (Aalen and Johansen's estimator of competing
-- risks): probability = sum over the ends to that stage of (share still there / number still watched). Without any stay
-- that has not ended it is the plain share. What is missing to 1 had not moved by the end of the longest stay.
CREATE OR REPLACE VIEW next_steps
(
    stage String COMMENT 'Stage an account stood in',
    trigger String COMMENT 'Trigger point it had just reached; '''' whatever happened',
    next_stage String COMMENT 'Stage it went to next, detours too',
    probability Float64 COMMENT 'That this is the next one, stays that have not ended allowed for; 0 to 1',
    median_days Float64 COMMENT 'Days within which half of those who took it had done so, by the same weights',
    took UInt64 COMMENT 'Stays that ended so',
    moved UInt64 COMMENT 'Stays that ended, however',
    waiting UInt64 COMMENT 'Stays that have not ended',
    longest_days Float64 COMMENT 'Longest stay, ended or not: further nobody can see'
)
AS WITH
    moves AS
    (
        SELECT
            account_id, product, to_stage, occurred_at, sequence,
            leadInFrame(to_stage) OVER later AS next_stage,
            leadInFrame(occurred_at) OVER later AS next_at
        FROM transitions
        WINDOW later AS (PARTITION BY account_id, product ORDER BY sequence, occurred_at, transition_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    assumeNotNull((
        SELECT max(newest) FROM
        (
            SELECT max(occurred_at) AS newest FROM activities_log
            UNION ALL SELECT max(occurred_at) AS newest FROM transitions_log
            UNION ALL SELECT max(raised_at) AS newest FROM alerts_log
        )
    )) AS known_until,
    stays AS
    (
        SELECT
            to_stage AS stage,
            '' AS trigger,
            next_stage,
            greatest(0, dateDiff('millisecond', occurred_at, if(next_stage = '', known_until, next_at))) AS ms
        FROM moves
        UNION ALL
        SELECT
            l.stage AS stage,
            l.trigger AS trigger,
            m.to_stage AS next_stage,
            greatest(0, dateDiff('millisecond', l.raised_at, if(m.to_stage = '', known_until, m.occurred_at))) AS ms
        FROM alerts AS l ASOF LEFT JOIN
        (
            SELECT account_id, product, occurred_at, argMin(to_stage, sequence) AS to_stage
            FROM moves
            GROUP BY account_id, product, occurred_at
        ) AS m ON l.account_id = m.account_id AND l.product = m.product AND l.raised_at < m.occurred_at
    ),
    ends AS
    (
        SELECT stage, trigger, ms, count() AS here, countIf(next_stage != '') AS gone
        FROM stays
        GROUP BY stage, trigger, ms
    ),
    watched AS
    (
        SELECT
            stage, trigger, ms, gone,
            sum(here) OVER (PARTITION BY stage, trigger ORDER BY ms DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS watched
        FROM ends
    ),
    shares AS
    (
        SELECT
            stage, trigger, ms,
            exp(sum(log(1 - gone / watched)) OVER (PARTITION BY stage, trigger ORDER BY ms
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) / watched AS share
        FROM watched
    ),
    counts AS
    (
        SELECT stage, trigger, countIf(next_stage != '') AS moved, countIf(next_stage = '') AS waiting, max(ms) AS longest
        FROM stays
        GROUP BY stage, trigger
    )
SELECT
    s.stage AS stage,
    s.trigger AS trigger,
    s.next_stage AS next_stage,
    round(sum(h.share), 9) AS probability,
    quantileExactWeighted(0.5)(s.ms, toUInt64(round(h.share * 1e12))) / 86400000 AS median_days,
    count() AS took,
    any(c.moved) AS moved,
    any(c.waiting) AS waiting,
    any(c.longest) / 86400000 AS longest_days
FROM stays AS s
INNER JOIN shares AS h ON h.stage = s.stage AND h.trigger = s.trigger AND h.ms = s.ms
INNER JOIN counts AS c ON c.stage = s.stage AND c.trigger = s.trigger
WHERE s.next_stage != ''
GROUP BY stage, trigger, next_stage
ORDER BY stage, trigger, probability DESC, next_stage
SETTINGS join_use_nulls = 0
COMMENT 'What accounts do next from each stage, and after each trigger in it: how likely, how soon, from how many';

-- migrate:down

DROP VIEW IF EXISTS next_steps;
