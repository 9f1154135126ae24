-- What stands between an alert that is raised and one that is sent: digests, and every alert not sent with the reason.

-- migrate:up

CREATE TABLE IF NOT EXISTS digests_log
(
    digest_id String COMMENT 'Id of the digest, from whom it is for and its moment',
    owner String COMMENT 'Whom it is for; '''' for the whole team',
    teams Array(String) COMMENT 'Teams whose alerts it holds',
    at DateTime64(3, 'UTC') COMMENT 'Its moment: the end of quiet hours, or the time of day the policy says',
    why String COMMENT 'Why its alerts waited, in a sentence',
    size UInt32 COMMENT 'How many alerts it holds',
    resolved UInt32 COMMENT 'Alerts taken back while they waited, since the last digest',
    expired UInt32 COMMENT 'Alerts whose moment was over before this one',
    accounts Array(Tuple(
        account_id String,
        account_name String,
        alerts Array(Tuple(
            alert_id String,
            team LowCardinality(String),
            trigger LowCardinality(String),
            title String,
            why String,
            play Tuple(
                next_likely String,
                message String,
                talk_track String,
                content String,
                channel String,
                speak_to String,
                acts String,
                act_within_hours Float64),
            act_by DateTime64(3, 'UTC'),
            raised_at DateTime64(3, 'UTC'),
            value Float64,
            reason LowCardinality(String)))))
        COMMENT 'Its alerts by account, best first',
    policy_version LowCardinality(String) COMMENT 'Content hash of the policy it was made by',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(at)
ORDER BY (owner, at, digest_id)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Digests as archived, copies included; read the view digests';

CREATE TABLE IF NOT EXISTS alerts_held_log
(
    held_id String COMMENT 'Id of the record, from account, trigger, reason and day, or from the alert',
    alert_id String COMMENT 'Id of the alert, where it was made before it was held',
    trigger LowCardinality(String) COMMENT 'Trigger point reached',
    team LowCardinality(String) COMMENT 'Who would have acted: marketing, sales or service',
    account_id String COMMENT 'Account it is about',
    account_name String COMMENT 'Its name, where the directory knows it',
    product String COMMENT 'Product of the journey; '''' for the account''s general one',
    owner String COMMENT 'Who owned the account then',
    tier LowCardinality(String) COMMENT 'Account''s tier then',
    stage LowCardinality(String) COMMENT 'Account''s stage then',
    reason LowCardinality(String) COMMENT 'Why it was not sent, or not at once; all reasons stand in schemas/dispatch/held.py',
    held_at DateTime64(3, 'UTC') COMMENT 'Event time of what raised it, or would have; for a timer, when it was due',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the record that raised it, or would have',
    until DateTime64(3, 'UTC') COMMENT 'When the reason ends, or its digest is due; 1970 where it has no end',
    title String COMMENT 'Headline',
    score Float64 COMMENT 'Account''s score then',
    rule_version LowCardinality(String) COMMENT 'Content hash of the rules',
    routed_to String COMMENT 'Whom it was routed to; '''' for the whole team, or where none was asked',
    value Float64 COMMENT 'What it was worth by the policy; 0 where it was not asked',
    why String COMMENT 'The policy''s own words, where it has some',
    outcome LowCardinality(String) COMMENT 'not_sent, waiting, digest, now, resolved, expired or overflow',
    ended_at DateTime64(3, 'UTC') COMMENT 'When it was known what became of it; 1970 if at once or not yet',
    digest_id String COMMENT 'The digest it was sent with',
    revision UInt32 COMMENT '0 at first; the highest of a held id counts',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(held_at)
ORDER BY (account_id, held_at, held_id, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Alerts not sent, or not at once, as archived, copies included; read the view alerts_held';

CREATE OR REPLACE VIEW digests AS
SELECT * EXCEPT (version) FROM digests_log FINAL
ORDER BY kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY owner, digest_id
COMMENT 'What waited for one owner and was told at once';

CREATE OR REPLACE VIEW alerts_held AS
SELECT * EXCEPT (version) FROM alerts_held_log FINAL
ORDER BY revision DESC, kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY account_id, held_id
COMMENT 'Alerts that were not sent, or not at once: why, and what became of them';

CREATE OR REPLACE VIEW alerts_not_sent
(
    reason String COMMENT 'Why',
    outcome String COMMENT 'not_sent, or of what waited for a digest: resolved, expired, overflow',
    team String COMMENT 'marketing, sales or service',
    trigger String COMMENT 'Trigger point',
    owner String COMMENT 'Whom it was routed to, else who owned the account',
    alerts UInt64 COMMENT 'How many; those held by the journey''s rules at most one a day of an account, trigger and reason',
    accounts UInt64 COMMENT 'Of how many accounts',
    newest_at DateTime64(3, 'UTC') COMMENT 'When the newest was raised, or would have been',
    why Array(String) COMMENT 'The policy''s own words, where it has some'
)
AS SELECT
    h.reason AS reason,
    h.outcome AS outcome,
    h.team AS team,
    h.trigger AS trigger,
    if(h.routed_to IN ('', 'nobody'), h.owner, h.routed_to) AS owner,
    count() AS alerts,
    uniqExact(h.account_id) AS accounts,
    max(h.held_at) AS newest_at,
    arraySort(groupUniqArrayIf(h.why, h.why != '')) AS why
FROM alerts_held AS h
WHERE h.outcome IN ('not_sent', 'resolved', 'expired', 'overflow')
GROUP BY reason, outcome, team, trigger, owner
ORDER BY alerts DESC, reason, outcome, team, trigger, owner
COMMENT 'How many alerts were not sent, and why, by trigger and owner';

-- migrate:down

DROP VIEW IF EXISTS alerts_not_sent;
DROP VIEW IF EXISTS alerts_held;
DROP VIEW IF EXISTS digests;
DROP TABLE IF EXISTS alerts_held_log;
DROP TABLE IF EXISTS digests_log;
