-- What came of it: steps on the journey, and alerts to the team that should act. Both with their frozen causes.

-- migrate:up

CREATE TABLE IF NOT EXISTS transitions_log
(
    transition_id String COMMENT 'Id of the transition, from account, product, stages and how often it made that step',
    account_id String COMMENT 'Account that moved',
    account_name String COMMENT 'Its name, where the directory knows it',
    product LowCardinality(String) COMMENT 'Which of the account''s journeys: product; '''' for the general one',
    sequence UInt32 COMMENT '1 for the journey''s first transition',
    from_stage LowCardinality(String) COMMENT 'Stage left',
    to_stage LowCardinality(String) COMMENT 'Stage entered',
    occurred_at DateTime64(3, 'UTC') COMMENT 'Event time of what moved it; for a timer, when it was due',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the record that moved it',
    entered_from_at DateTime64(3, 'UTC') COMMENT 'When from_stage was entered; 1970 if it never was',
    rule LowCardinality(String) COMMENT 'Rule that was met',
    why String COMMENT 'The reason in one sentence',
    score Float64 COMMENT 'Sum of the causes'' points',
    fit LowCardinality(String) COMMENT 'How well the account fitted who we sell to then, A to D; '''' where nobody knows',
    causes Array(Tuple(
        event_id String,
        type LowCardinality(String),
        occurred_at DateTime64(3, 'UTC'),
        person String,
        detail String,
        base_points Float64,
        decay Float64,
        points Float64,
        confidence Float64,
        count UInt32,
        decisive Bool))
        COMMENT 'What it was made of: one tuple an activity, frozen; points (base_points x decay) add up to score',
    rule_version LowCardinality(String) COMMENT 'Content hash of the rules',
    revision UInt32 COMMENT '0 at first; the highest of a transition id counts',
    withdrawn Bool COMMENT 'It did not happen: the evidence was taken back',
    restated_because String COMMENT 'Why it was said anew or withdrawn; '''' at first',
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
ORDER BY (account_id, occurred_at, transition_id, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
TTL toDateTime(kafka_timestamp) + INTERVAL 10 YEAR
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Stage transitions as archived, copies included; read the views transitions and transitions_said. Kept long: an account''s stage is its last one';

CREATE TABLE IF NOT EXISTS alerts_log
(
    alert_id String COMMENT 'Id of the alert, from account, product, trigger and span of its cool-down',
    trigger LowCardinality(String) COMMENT 'Trigger point reached, e.g. pricing_interest',
    team LowCardinality(String) COMMENT 'Who should act: marketing, sales or service',
    account_id String COMMENT 'Account it is about',
    account_name String COMMENT 'Its name, where the directory knows it',
    product LowCardinality(String) COMMENT 'Which of the account''s journeys: product; '''' for the general one',
    owner String COMMENT 'Who owned the account then',
    routed_to String COMMENT 'Who got it, as of its first revision; '''' for the whole team',
    tier LowCardinality(String) COMMENT 'Account''s tier then',
    region LowCardinality(String) COMMENT 'Account''s sales region then',
    domains Array(String) COMMENT 'The account''s own domains then',
    stage LowCardinality(String) COMMENT 'Account''s stage then',
    raised_at DateTime64(3, 'UTC') COMMENT 'Event time of what raised it; for a timer, when it was due',
    received_at DateTime64(3, 'UTC') COMMENT 'When the broker took the record that raised it',
    act_by DateTime64(3, 'UTC') COMMENT 'Until when the moment lasts',
    title String COMMENT 'Headline',
    why String COMMENT 'The reason in one sentence',
    play_next_likely String COMMENT 'What the buyer will probably do next',
    play_message String COMMENT 'What to say or send',
    play_talk_track String COMMENT 'How to open the conversation, and what to ask',
    play_content String COMMENT 'Content that fits',
    play_channel LowCardinality(String) COMMENT 'How to reach them: phone, mail, in-app, ...',
    play_speak_to LowCardinality(String) COMMENT 'Role to speak to',
    play_acts LowCardinality(String) COMMENT 'Who of the team acts',
    play_act_within_hours Float64 COMMENT 'How long the moment lasts, in hours',
    speak_to String COMMENT 'Whom to speak to: person of the first of people; empty if nobody is known',
    people Array(Tuple(
        person String,
        job_title String,
        role String))
        COMMENT 'Whom the team can speak to, by pseudonym',
    outlook_text String COMMENT 'What the buyer will most likely do next: as learned, or the play''s own words',
    outlook_learned Bool COMMENT 'From the history of all accounts; false while there is too little of it',
    outlook_next_stage LowCardinality(String) COMMENT 'The likeliest next stage; '''' where nothing was learned',
    outlook_probability Float64 COMMENT 'That it is the next one, 0 to 1; 0 where nothing was learned',
    outlook_median_days Float64 COMMENT 'Half of those who took it had done so within so many days',
    outlook_moved UInt32 COMMENT 'From how many next steps it was learned',
    score Float64 COMMENT 'Sum of the causes'' points',
    fit LowCardinality(String) COMMENT 'How well the account fitted who we sell to then, A to D; '''' where nobody knows',
    confidence Float64 COMMENT 'How sure the account is, weighed by points, 0 to 1',
    causes Array(Tuple(
        event_id String,
        type LowCardinality(String),
        occurred_at DateTime64(3, 'UTC'),
        person String,
        detail String,
        base_points Float64,
        decay Float64,
        points Float64,
        confidence Float64,
        count UInt32,
        decisive Bool))
        COMMENT 'What it was made of: one tuple an activity, frozen; points (base_points x decay) add up to score',
    rule_version LowCardinality(String) COMMENT 'Content hash of the rules',
    revision UInt32 COMMENT '0 at first; the highest of an alert id counts',
    status LowCardinality(String) COMMENT 'raised or retracted: the evidence was taken back',
    value Float64 COMMENT 'What it was worth to whoever got it, by the policy',
    delivery LowCardinality(String) COMMENT 'now, or digest: with others, in the digest digest_id',
    digest_id String COMMENT 'The digest it came with; '''' where it was sent at once',
    delivered_at DateTime64(3, 'UTC') COMMENT 'Moment of that digest; 1970 where it was sent at once',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(raised_at)
ORDER BY (team, trigger, raised_at, alert_id, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
TTL toDateTime(kafka_timestamp) + INTERVAL 37 MONTH
SETTINGS ttl_only_drop_parts = 1
COMMENT 'Alerts as archived, copies included; read the views alerts and alerts_said';

-- migrate:down

DROP TABLE IF EXISTS transitions_log;
DROP TABLE IF EXISTS alerts_log;
