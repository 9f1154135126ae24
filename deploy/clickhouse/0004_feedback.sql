-- What others tell us: teams about alerts, the company's systems about accounts; and the ledger of the hand-over.

-- migrate:up

CREATE TABLE IF NOT EXISTS feedback_log
(
    answer_id String COMMENT 'Id of the answer, from its whole content, so the same answer sent twice is one',
    alert_id String COMMENT 'Alert it answers',
    account_id String COMMENT 'The alert''s account',
    verdict LowCardinality(String) COMMENT 'accepted, rejected, first_touch, snoozed or done',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When the team did so; never after received_at',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the answer',
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
ORDER BY (alert_id, occurred_at, answer_id)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Teams'' answers as archived, copies included; read the view feedback';

CREATE TABLE IF NOT EXISTS handovers_log
(
    entry_id String COMMENT 'Id of the line, from alert, step, clock and round, or from the answer',
    alert_id String COMMENT 'Alert it is about',
    account_id String COMMENT 'The alert''s account',
    account_name String COMMENT 'Its name, where the directory knows it',
    trigger LowCardinality(String) COMMENT 'The alert''s trigger point',
    team LowCardinality(String) COMMENT 'marketing, sales or service',
    owner String COMMENT 'Who had it then; '''' for the whole team',
    round UInt32 COMMENT 'How often it was reassigned before',
    step LowCardinality(String)
        COMMENT 'offered, accepted, rejected, first_touch, snoozed, done, warned, breached, escalated, reassigned, retracted or lapsed',
    clock LowCardinality(Nullable(String)) COMMENT 'The clock it is about: accept, first_touch or done; NULL if none',
    at DateTime64(3, 'UTC') COMMENT 'When that was',
    due_at DateTime64(3, 'UTC')
        COMMENT 'When that clock''s time is over, as it stood then; the next owner''s where it is reassigned; 1970 if never',
    touch_by DateTime64(3, 'UTC') COMMENT 'When the owner should have reached out by, as it stood then; 1970 if never',
    business_seconds Float64 COMMENT 'Used of that clock: working time of the owner, snoozes left out',
    share Nullable(Float64) COMMENT 'The same over the time there is, above 1 too late; NULL without a limit',
    reason String COMMENT 'Why, in words',
    `by` String COMMENT 'Who answered',
    `to` String COMMENT 'Whom it was escalated or reassigned to',
    until DateTime64(3, 'UTC') COMMENT 'Snoozed until; 1970 if not',
    system_delay_seconds Float64 COMMENT 'From the receipt of the raw record to the alert on the team''s topic',
    human_delay_seconds Nullable(Float64)
        COMMENT 'Working time from the offer to this answer, snoozes included; NULL if it is none',
    policy_version LowCardinality(String) COMMENT 'Content hash of the policy it was judged by',
    revision UInt32 COMMENT '0 at first; the highest of an entry id counts',
    withdrawn Bool COMMENT 'It does not stand any more: an earlier answer came late',
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
ORDER BY (alert_id, at, entry_id, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Lines of the hand-over ledger as archived, copies included; read the views handovers and handovers_said';

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
    industry LowCardinality(String) COMMENT 'Branch it is in',
    employees UInt32 COMMENT 'How many people work there; 0 if not known',
    tier LowCardinality(String) COMMENT 'Importance, as the directory grades it',
    target Bool COMMENT 'On the target list',
    status LowCardinality(String) COMMENT 'prospect, customer or former',
    customer_since DateTime64(3, 'UTC') COMMENT 'When it became a customer, by the directory; 1970 if unknown',
    renews_on Date COMMENT 'Day its contract ends, by the directory; 1970 if unknown',
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
DROP TABLE IF EXISTS handovers_log;
DROP TABLE IF EXISTS accounts_log;
