-- Who did it: facts about ids, and events with the account found.

-- migrate:up

CREATE TABLE IF NOT EXISTS identity_log
(
    fact_id String COMMENT 'Id of the fact, from what it says',
    kind LowCardinality(String) COMMENT 'link, edge, unmatched, passed, withdrawn, unlink or relink',
    subject String COMMENT 'Subject the fact is about: a:<visitor>, u:<user>, e:<mailbox>, c:<company>',
    other String COMMENT 'Id it was seen with, or that passed the fact on; '''' if none',
    account_id String COMMENT 'Account the subject belongs to; '''' where none is known (an edge, an unmatched domain)',
    domain String COMMENT 'Company domain',
    person String COMMENT 'Person the subject is, if known: mailbox, else user id',
    user_id String COMMENT 'User id the evidence is of; '''' if none',
    method LowCardinality(Nullable(String))
        COMMENT 'How the account was found: account_id, account_domain, email_directory, ...; NULL where there is none',
    confidence Float64 COMMENT 'How sure that is, 0 to 1',
    reason String COMMENT 'The evidence in words',
    event_id String COMMENT 'Event that showed it; '''' where somebody said so by command',
    observed_at DateTime64(3, 'UTC') COMMENT 'When that event happened, or when the command was given',
    heard_at DateTime64(3, 'UTC') COMMENT 'When the broker took that event; 1970 if there is none',
    seen_at DateTime64(3, 'UTC') COMMENT 'Week in which the subject was last seen with other; 1970 if none',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(observed_at)
ORDER BY (account_id, observed_at, fact_id)
TTL toDateTime(kafka_timestamp) + INTERVAL 25 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Identity facts as archived, copies included; read the view identity';

CREATE TABLE IF NOT EXISTS activities_log
(
    event_id String COMMENT 'Event it was made from',
    source LowCardinality(String) COMMENT 'web, email, trial, crm, support or social',
    type LowCardinality(String)
        COMMENT 'Activity type of the journey, e.g. pricing_view; retraction: takes back what the subject did before',
    event_type LowCardinality(String) COMMENT 'The event''s own type, where the journey gives it another',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the raw record',
    subject String COMMENT 'Subject that did it, e.g. a:v-81',
    person String COMMENT 'Mailbox, else user id; '''' for an anonymous visitor',
    job_title String COMMENT 'Job title the person gave',
    grade LowCardinality(String) COMMENT 'Who made the hit: human, suspect or machine',
    grade_reason String COMMENT 'Why it is not graded human',
    url String COMMENT 'Page or link',
    asset String COMMENT 'Content asset or campaign',
    topic String COMMENT 'What the content is about',
    feature String COMMENT 'Product feature used',
    product String COMMENT 'Product or edition',
    form String COMMENT 'Form''s name',
    rating Nullable(Float64) COMMENT 'Survey or review, 0 (bad) to 10 (good); NULL if none, since 0 is an answer',
    amount Nullable(Float64) COMMENT 'Deal value; NULL if none, since 0 is a value',
    ends_at DateTime64(3, 'UTC') COMMENT 'When the trial or the contract runs out; 1970 if none',
    properties Map(LowCardinality(String), String) COMMENT 'Of the producer''s own fields, those the journey asks for',
    activity_id String COMMENT 'Id of the activity, from event id and account id',
    revision UInt32 COMMENT '0 at first; the highest of an activity id counts',
    account_name String COMMENT 'Its name, where the directory knows it',
    late Bool COMMENT 'Attributed after the fact, from a visitor''s anonymous history',
    known_at DateTime64(3, 'UTC') COMMENT 'Of what is late: when its account became known; else 1970',
    method LowCardinality(String) COMMENT 'How the account was found: account_id, account_domain, email_directory, ...',
    confidence Float64 COMMENT 'How sure the account is, 0 to 1',
    account_id String COMMENT 'Account that did it',
    domain String COMMENT 'Company domain',
    reason String COMMENT 'Why this account; of a retraction, why not',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays',
    INDEX by_event event_id TYPE bloom_filter GRANULARITY 4,
    INDEX by_type type TYPE set(100) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (account_id, occurred_at, activity_id, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Activities of accounts as archived, copies included; read the views activities and activities_said';

-- migrate:down

DROP TABLE IF EXISTS identity_log;
DROP TABLE IF EXISTS activities_log;
