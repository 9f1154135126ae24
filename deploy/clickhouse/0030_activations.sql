-- Which journey counted when: by it each transition's and alert's rule_version can be looked up, for good.

-- migrate:up

CREATE TABLE IF NOT EXISTS journeys_log
(
    number UInt32 COMMENT 'Number of the activation, from 1; the highest whose text is a journey counts',
    rule_version String COMMENT 'Content hash of the rules, as in transitions and alerts',
    name String COMMENT 'The journey''s name',
    text String COMMENT 'The file as it was written',
    activated_at DateTime64(3, 'UTC') COMMENT 'When it was activated, by the clock on the wall',
    activated_by String COMMENT 'Who did it, as they say',
    note String COMMENT 'Why, or where the text came from',
    kafka_topic LowCardinality(String) COMMENT 'Topic the archived record lay on',
    kafka_partition Int32 COMMENT 'Its partition',
    kafka_offset UInt64 COMMENT 'Its offset',
    kafka_timestamp DateTime64(3, 'UTC') COMMENT 'Its timestamp on that topic',
    archived_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When the row was written here',
    version UInt64 DEFAULT 18446744073709551615 - toUnixTimestamp64Milli(archived_at)
        COMMENT 'Falls as archived_at rises: of several copies the first archived stays'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (number, kafka_timestamp, kafka_topic, kafka_partition, kafka_offset)
COMMENT 'Activations of journeys as archived, copies included; read the view journeys. Kept for good';

CREATE OR REPLACE VIEW journeys AS
SELECT * EXCEPT (version) FROM journeys_log FINAL
ORDER BY kafka_timestamp DESC, kafka_partition DESC, kafka_offset DESC
LIMIT 1 BY number
COMMENT 'Every activation of a journey: its text, when and by whom';

-- migrate:down

DROP VIEW IF EXISTS journeys;
DROP TABLE IF EXISTS journeys_log;
