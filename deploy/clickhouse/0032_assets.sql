-- Which assets there are, which come before a step forward or a sale, and which nobody uses.

-- migrate:up

CREATE TABLE IF NOT EXISTS assets_log
(
    asset String COMMENT 'Name of the asset, as producers report it',
    title String COMMENT 'Its title',
    kind LowCardinality(String) COMMENT 'What it is: white paper, video, ...',
    url String COMMENT 'Its page, where a view of it counts, too',
    owner String COMMENT 'Who looks after it',
    stages Array(String) COMMENT 'Stages it is made for; all where none is named',
    removed Bool COMMENT 'It was taken off the list',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (asset, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
COMMENT 'Assets as archived, copies and earlier states included; read the view assets. Kept for good';

CREATE OR REPLACE VIEW assets AS
SELECT * EXCEPT (version, removed) FROM
(
    SELECT * FROM assets_log FINAL
    ORDER BY kafka_timestamp DESC, kafka_partition DESC, kafka_offset DESC
    LIMIT 1 BY asset
)
WHERE NOT removed
COMMENT 'The list of assets as it is now';

-- Hits of machines count nowhere. An asset that producers name needs not be on the list.
CREATE OR REPLACE VIEW asset_sightings
(
    account_id String COMMENT 'Account that saw it',
    asset String COMMENT 'Asset: as the event names it, else the one on the list whose page it is',
    seen_at DateTime64(3, 'UTC') COMMENT 'When',
    subject String COMMENT 'Who: a visitor, user or mailbox'
)
AS SELECT
    a.account_id AS account_id,
    if(a.asset != '', a.asset, l.asset) AS asset,
    a.occurred_at AS seen_at,
    a.subject AS subject
FROM activities AS a
LEFT JOIN
(
    SELECT cutQueryStringAndFragment(url) AS page, any(asset) AS asset FROM assets WHERE url != '' GROUP BY page
) AS l ON l.page = cutQueryStringAndFragment(a.url)
WHERE a.grade != 'machine' AND (a.asset != '' OR l.asset != '')
SETTINGS join_use_nulls = 0
COMMENT 'Who saw which asset when';

-- A stay of an account in a stage, from its entry to its next transition. A stay is decided when it ended, or lasted 30
-- days: before, nobody knows. Forward: it ended in a stage further on the way (from a detour: in any on the way).
CREATE OR REPLACE VIEW stage_stays
(
    account_id String COMMENT 'Account',
    product String COMMENT 'Which of its journeys; '''' for the general one',
    stage String COMMENT 'Stage it was in',
    entered_at DateTime64(3, 'UTC') COMMENT 'From when',
    left_at DateTime64(3, 'UTC') COMMENT 'Until when; of a stay that lasts, the newest moment the archive knows',
    next_stage String COMMENT 'Where it went; '''' if it is there still',
    decided Bool COMMENT 'It ended, or lasts for 30 days already',
    forward Bool COMMENT 'It ended with a step forward',
    won_at DateTime64(3, 'UTC') COMMENT 'When the account became a customer after it had entered; 1970 if it did not'
)
AS WITH
    moves AS
    (
        SELECT
            account_id, product, to_stage, occurred_at,
            leadInFrame(to_stage) OVER later AS next_stage,
            leadInFrame(occurred_at) OVER later AS next_at
        FROM transitions
        WINDOW later AS (PARTITION BY account_id, product ORDER BY sequence, occurred_at, transition_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ),
    wins AS
    (
        SELECT t.account_id AS account_id, t.product AS product, t.occurred_at AS won_at
        FROM transitions AS t
        INNER JOIN stages AS f ON f.stage = t.from_stage
        INNER JOIN stages AS s ON s.stage = t.to_stage
        WHERE s.phase = 'customer' AND f.phase != 'customer'
    ),
    assumeNotNull((
        SELECT max(newest) FROM
        (
            SELECT max(occurred_at) AS newest FROM activities_log
            UNION ALL SELECT max(occurred_at) AS newest FROM transitions_log
        )
    )) AS known_until
SELECT
    m.account_id AS account_id,
    m.product AS product,
    m.to_stage AS stage,
    m.occurred_at AS entered_at,
    if(m.next_stage = '', greatest(known_until, m.occurred_at), m.next_at) AS left_at,
    m.next_stage AS next_stage,
    m.next_stage != '' OR left_at >= m.occurred_at + INTERVAL 30 DAY AS decided,
    m.next_stage != '' AND n.rank > s.rank AS forward,
    w.won_at AS won_at
FROM moves AS m
LEFT JOIN stages AS s ON s.stage = m.to_stage
LEFT JOIN stages AS n ON n.stage = m.next_stage
ASOF LEFT JOIN wins AS w ON w.account_id = m.account_id AND w.product = m.product AND m.occurred_at < w.won_at
SETTINGS join_use_nulls = 0
COMMENT 'Stays of accounts in stages, and how they ended';

-- Stays in which somebody of the account saw the asset, against the stays in the same stage in which nobody did. This says
-- what came together, not what caused it: who is about to move looks at more. Of long stays more saw it.
CREATE OR REPLACE VIEW asset_influence
(
    asset String COMMENT 'Asset',
    title String COMMENT 'Its title, where it is on the list',
    stage String COMMENT 'Stage the accounts were in',
    seen UInt64 COMMENT 'Decided stays in which it was seen',
    unseen UInt64 COMMENT 'Decided stays in which it was not',
    forward_seen UInt64 COMMENT 'Of those that saw it: ended with a step forward',
    forward_unseen UInt64 COMMENT 'Of the others',
    share_seen Float64 COMMENT 'Share of steps forward among those that saw it',
    share_unseen Nullable(Float64) COMMENT 'Among the others; NULL if there are none',
    lift Nullable(Float64) COMMENT 'share_seen over share_unseen: 1 is no difference; NULL if nobody else moved',
    lift_low Nullable(Float64) COMMENT 'Lower end of its 95 % interval (log method); NULL while it cannot be told',
    lift_high Nullable(Float64) COMMENT 'Upper end',
    won_seen UInt64 COMMENT 'Of those that saw it: became customers afterwards',
    won_unseen UInt64 COMMENT 'Of the others, after they had entered the stage',
    win_lift Nullable(Float64) COMMENT 'Share of wins over that of the others; NULL if nobody else won',
    median_days_before_step Nullable(Float64) COMMENT 'Median days from the last look at it to the step forward; NULL if none'
)
AS WITH
    decided AS (SELECT * FROM stage_stays WHERE decided),
    totals AS
    (
        SELECT stage, count() AS stays, countIf(forward) AS forwards, countIf(won_at > entered_at) AS wins
        FROM decided
        GROUP BY stage
    ),
    looks AS
    (
        SELECT
            d.stage AS stage, v.asset AS asset, d.account_id AS account_id, d.product AS product,
            d.entered_at AS entered_at,
            any(d.forward) AS forward,
            any(d.won_at) > max(v.seen_at) AS won,
            dateDiff('millisecond', max(v.seen_at), any(d.left_at)) / 86400000 AS days
        FROM decided AS d
        INNER JOIN asset_sightings AS v ON v.account_id = d.account_id
        WHERE v.seen_at > d.entered_at AND v.seen_at <= d.left_at
        GROUP BY stage, asset, account_id, product, entered_at
    ),
    counted AS
    (
        SELECT
            stage, asset, count() AS seen, countIf(forward) AS forward_seen, countIf(won) AS won_seen,
            if(forward_seen = 0, NULL, quantileExactInclusiveIf(0.5)(days, forward)) AS days
        FROM looks
        GROUP BY stage, asset
    )
SELECT
    asset, title, stage, seen, unseen, forward_seen, forward_unseen,
    forward_seen / seen AS share_seen,
    forward_unseen / nullIf(unseen, 0) AS share_unseen,
    share_seen / nullIf(share_unseen, 0) AS lift,
    lift * exp(-1.96 * deviation) AS lift_low,
    lift * exp(1.96 * deviation) AS lift_high,
    won_seen, won_unseen,
    (won_seen / seen) / nullIf(won_unseen / nullIf(unseen, 0), 0) AS win_lift,
    median_days_before_step
FROM
(
    SELECT
        c.asset AS asset,
        l.title AS title,
        c.stage AS stage,
        c.seen AS seen,
        t.stays - c.seen AS unseen,
        c.forward_seen AS forward_seen,
        t.forwards - c.forward_seen AS forward_unseen,
        sqrt(1 / nullIf(forward_seen, 0) - 1 / seen + 1 / nullIf(forward_unseen, 0) - 1 / nullIf(unseen, 0)) AS deviation,
        c.won_seen AS won_seen,
        t.wins - c.won_seen AS won_unseen,
        c.days AS median_days_before_step
    FROM counted AS c
    INNER JOIN totals AS t ON t.stage = c.stage
    LEFT JOIN assets AS l ON l.asset = c.asset
)
ORDER BY stage, lift DESC, asset
SETTINGS join_use_nulls = 0
COMMENT 'By asset and stage: how often it came before a step forward or a sale, against accounts that did not see it';

CREATE OR REPLACE VIEW asset_use
(
    asset String COMMENT 'Asset on the list',
    title String COMMENT 'Its title',
    kind String COMMENT 'What it is',
    owner String COMMENT 'Who looks after it',
    stages Array(String) COMMENT 'Stages it is made for',
    last_seen_at DateTime64(3, 'UTC') COMMENT 'When anybody saw it last; 1970 if nobody did',
    days_since_seen Nullable(Float64) COMMENT 'Days since then; NULL if nobody ever saw it',
    accounts UInt64 COMMENT 'Accounts that ever saw it',
    people UInt64 COMMENT 'Visitors, users and mailboxes that ever saw it',
    last_seen_by_mover_at DateTime64(3, 'UTC') COMMENT 'When an account saw it last in a stay that ended with a step forward; 1970 if none did',
    days_since_mover Nullable(Float64) COMMENT 'Days since then; NULL if none did',
    accounts_moved UInt64 COMMENT 'Accounts that saw it in such a stay'
)
AS SELECT
    l.asset AS asset,
    l.title AS title,
    l.kind AS kind,
    l.owner AS owner,
    l.stages AS stages,
    v.last_at AS last_seen_at,
    if(v.accounts = 0, NULL, dateDiff('millisecond', v.last_at, now64(3)) / 86400000) AS days_since_seen,
    v.accounts AS accounts,
    v.people AS people,
    m.last_at AS last_seen_by_mover_at,
    if(m.accounts = 0, NULL, dateDiff('millisecond', m.last_at, now64(3)) / 86400000) AS days_since_mover,
    m.accounts AS accounts_moved
FROM assets AS l
LEFT JOIN
(
    SELECT asset, max(seen_at) AS last_at, uniqExact(account_id) AS accounts, uniqExact(subject) AS people
    FROM asset_sightings
    GROUP BY asset
) AS v ON v.asset = l.asset
LEFT JOIN
(
    SELECT v.asset AS asset, max(v.seen_at) AS last_at, uniqExact(v.account_id) AS accounts
    FROM asset_sightings AS v
    INNER JOIN stage_stays AS s ON s.account_id = v.account_id
    WHERE s.forward AND v.seen_at > s.entered_at AND v.seen_at <= s.left_at
    GROUP BY asset
) AS m ON m.asset = l.asset
ORDER BY asset
SETTINGS join_use_nulls = 0
COMMENT 'Assets on the list and their use: which nobody looks at, and which nobody who moves looks at';

-- migrate:down

DROP VIEW IF EXISTS asset_use;
DROP VIEW IF EXISTS asset_influence;
DROP VIEW IF EXISTS stage_stays;
DROP VIEW IF EXISTS asset_sightings;
DROP VIEW IF EXISTS assets;
DROP TABLE IF EXISTS assets_log;
