-- What others tell us: teams about alerts, the company's systems about accounts.

-- migrate:up

CREATE TABLE IF NOT EXISTS feedback_log
(
    feedback_id String COMMENT 'Id of the answer, from its whole content, so the same answer sent twice is one',
    alert_id String COMMENT 'Alert it answers',
    account_id String COMMENT 'The alert''s account; '''' where the answer did not name it',
    verdict LowCardinality(String) COMMENT 'accepted, rejected, first_touch, snoozed or done',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When the team did so',
    `by` String COMMENT 'Who answered',
    reason String COMMENT 'Why it was rejected or snoozed',
    until DateTime64(3, 'UTC') COMMENT 'Snoozed until; 1970 if not',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (alert_id, occurred_at, feedback_id)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Teams'' answers as archived, copies included; read the view feedback';

-- No TTL and no partitions: the directory is small, and an account that never changes must not fall out of it.
CREATE TABLE IF NOT EXISTS accounts_log
(
    account_id String COMMENT 'Account''s id',
    name String COMMENT 'Company''s name',
    aliases Array(String) COMMENT 'Other names it goes by, as in registers',
    domains Array(String) COMMENT 'Its own domains, at any time',
    domain_periods Array(Tuple(domain String, kind String, valid_from Date, valid_to Date))
        COMMENT 'Domains for a time; kind own, alias or subsidiary; first and last day, 1970 if open',
    owner String COMMENT 'Who in sales owns it',
    team LowCardinality(String) COMMENT 'The owner''s team',
    region LowCardinality(String) COMMENT 'Sales region',
    tier LowCardinality(String) COMMENT 'Importance, as the directory grades it',
    target Bool COMMENT 'On the target list',
    status LowCardinality(String) COMMENT 'prospect, customer or former',
    customer_since DateTime64(3, 'UTC') COMMENT 'When it became a customer, by the directory; 1970 if unknown',
    office_ranges Array(String) COMMENT 'CIDR ranges of its own networks',
    suppressed String COMMENT 'Reason to keep it out: competitor, partner, press, own_staff, other words; '''' if not',
    never_by_ip Bool COMMENT 'No address ever names it: an ISP, a cloud',
    removed Bool COMMENT 'It was taken off the directory; nothing else is known of it here',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (account_id, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
COMMENT 'Every state of the account directory; the view accounts shows the newest of each account';

-- migrate:down

DROP TABLE IF EXISTS feedback_log;
DROP TABLE IF EXISTS accounts_log;
