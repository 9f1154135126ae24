-- Convention, for all migrations of this folder:
--
--   <noun>_log   table: every row the archive ever wrote, e.g. events_log. A row may lie there more than once, because
--                a failed insert is sent again and because merges happen when ClickHouse likes. Do not read it.
--   <noun>       view: exactly one row for each id, at any moment, e.g. events. Read this. What was corrected stands
--                here as it is now, and what was taken back is gone.
--   <noun>_said  view: every record of activities, transitions, alerts or handovers as it was said, one row each:
--                corrections and what they correct. kafka_timestamp says when.
--   other names  views that answer a question, e.g. account_stage, funnel, alert_outcomes. They read the views above.
--
-- A row is a fact and never changes: of several copies, the one archived first stays (`version` falls as `archived_at`
-- rises), so that inserting a batch again changes no result, not even the measured delay.
-- ORDER BY is made of content only and ends in the id, so copies of one record always meet in one partition. Where an
-- id may be said more than once it ends in the record's place on Kafka: only copies of that very record collapse.
-- Times are DateTime64(3, 'UTC'); 1970-01-01 stands for "none". Absent text is ''.
-- causes: Array(Tuple(...)). Read a part by `causes.type`, a sum by `arraySum(causes.points)`, one row a cause by
-- `SELECT arrayJoin(causes) AS cause, cause.type`.
--
-- How long rows stay stands in each table's TTL. To change it, add a migration with
-- `ALTER TABLE events_log MODIFY TTL toDateTime(kafka_timestamp) + INTERVAL 24 MONTH`; whole parts are dropped, in the
-- background, once all their rows are past it.
--
-- Statements can be run twice without harm (IF NOT EXISTS, OR REPLACE): a broken-off migration is simply run again.
-- `triggerpoint migrate` applies the files in order and records them in schema_migrations; the marks are dbmate's.

-- migrate:up

CREATE TABLE IF NOT EXISTS events_log
(
    event_id String COMMENT 'Id of the event, 32 hex digits; a producer''s retries repeat it',
    source LowCardinality(String) COMMENT 'web, email, trial, crm, support or social',
    format LowCardinality(String) COMMENT 'Format it was decoded from: native, segment, sendgrid, ...',
    type LowCardinality(String) COMMENT 'Event type of the native form, e.g. page_view',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, by the producer''s clock; never after received_at',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the raw record',
    clamped Bool COMMENT 'The producer''s clock was ahead, so occurred_at was set to received_at',
    origin String COMMENT 'Raw record it came from: topic:partition:offset:index',
    source_event_id String COMMENT 'Id the producer gave, verbatim',
    anonymous_id String COMMENT 'Visitor or device id, as a keyed hash',
    user_id String COMMENT 'Signed-in user''s id in the producer''s system, as a keyed hash',
    email String COMMENT 'Mailbox of the person, as a keyed hash before its domain',
    job_title String COMMENT 'Job title the person gave',
    account_id String COMMENT 'Account named by the producer; the account found is in activities',
    account_domain String COMMENT 'Company domain named by the producer',
    ip String COMMENT 'Client address without its last 8 bits (IPv4) or 80 bits (IPv6)',
    user_agent String COMMENT 'Client''s user agent',
    url String COMMENT 'Page or link, without fragment',
    title String COMMENT 'Page or asset title',
    asset String COMMENT 'Content asset or campaign',
    topic String COMMENT 'What the content is about',
    feature String COMMENT 'Product feature used',
    product String COMMENT 'Product or edition',
    form String COMMENT 'Form''s name',
    message_id String COMMENT 'Mail an email event belongs to',
    severity LowCardinality(String) COMMENT 'Support ticket''s severity',
    rating Nullable(Float64) COMMENT 'Survey or review, 0 (bad) to 10 (good); NULL if none, since 0 is an answer',
    amount Nullable(Float64) COMMENT 'Deal value; NULL if none, since 0 is a value',
    ends_at DateTime64(3, 'UTC') COMMENT 'When the trial runs out; 1970 if none',
    duration_seconds Float64 COMMENT 'Time spent, in seconds',
    reason String COMMENT 'Reason won or lost',
    network_kind LowCardinality(String) COMMENT 'Kind of the address''s network: isp, mobile, hosting, vpn, relay, crawler, education, own, other',
    network_asn UInt32 COMMENT 'Number of the network that announces the address; 0 if unknown',
    network_holder LowCardinality(String) COMMENT 'Who holds that network; not the visitor''s company',
    grade LowCardinality(String) COMMENT 'Who made the hit: human, suspect or machine',
    grade_reason String COMMENT 'Why it is not graded human',
    properties Map(LowCardinality(String), String) COMMENT 'Producer''s further fields: properties[''name'']',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays',
    INDEX by_id event_id TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (source, type, occurred_at, event_id)
TTL toDateTime(kafka_timestamp) + INTERVAL 13 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Events as archived, copies included; read the view events';

CREATE TABLE IF NOT EXISTS rejected_log
(
    rejected_id String COMMENT 'Id of the refusal, from the raw record''s coordinates',
    source LowCardinality(String) COMMENT 'web, email, trial, crm, support or social',
    reason LowCardinality(String) COMMENT 'Why it was refused, from a closed list: bad_json, no_subject, ...',
    detail String COMMENT 'What is wrong, where, and how to mend it',
    topic LowCardinality(String) COMMENT 'Topic of the raw record',
    `partition` Int32 COMMENT 'Partition of the raw record',
    `offset` UInt64 COMMENT 'Offset of the raw record',
    `index` Int32 COMMENT 'Item within the raw record; -1 for the whole record',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the raw record',
    `key` Nullable(String) COMMENT 'Original key, base64; NULL if there was none',
    value Nullable(String) CODEC(ZSTD(3)) COMMENT 'Original value, in the given encoding; NULL for a null value',
    encoding LowCardinality(String) COMMENT 'How value is written: utf-8 or base64',
    size UInt64 COMMENT 'Bytes of the original value; more than are kept if it was too large',
    headers Array(Tuple(String, String)) COMMENT 'Original headers: name, and value in base64',
    status LowCardinality(String) COMMENT 'rejected; replayed: sent back to its topic; accepted: sent back, and used',
    replays UInt32 COMMENT 'How often it was sent back to its topic',
    revision UInt32 COMMENT '0 at first; each replay and its outcome raise it; the highest counts',
    became String COMMENT 'Event or answer it became, by its id (the first, of several)',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(received_at)
ORDER BY (source, reason, received_at, rejected_id, revision)
TTL toDateTime(kafka_timestamp) + INTERVAL 3 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Refused input as archived, copies included; read the view rejected';

-- migrate:down

DROP TABLE IF EXISTS events_log;
DROP TABLE IF EXISTS rejected_log;
