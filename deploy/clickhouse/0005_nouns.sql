-- One row for each id, at any moment: FINAL collapses copies of one record, LIMIT 1 BY what a producer sent twice under
-- one id with different content (the first received stays). A filter on the columns behind BY, as on account_id, is
-- answered from the primary key. `triggerpoint migrate` copies the column comments from the tables.

-- migrate:up

-- A scan of a short time span over a very long history is faster on `events_log FINAL`: here a filter on time comes
-- after LIMIT BY, since a copy sent again may carry another time.
CREATE OR REPLACE VIEW events AS
SELECT * EXCEPT (version) FROM events_log FINAL
ORDER BY received_at, kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY event_id
COMMENT 'Everything that happened, in the one normal form';

CREATE OR REPLACE VIEW rejected AS
SELECT * EXCEPT (version) FROM rejected_log FINAL
COMMENT 'Input that could not be used, with the original bytes and the reason';

CREATE OR REPLACE VIEW identity AS
SELECT * EXCEPT (version) FROM identity_log FINAL
ORDER BY kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY account_id, fact_id
COMMENT 'Which id belongs to which company, and why';

CREATE OR REPLACE VIEW activities AS
SELECT * EXCEPT (version) FROM activities_log FINAL
ORDER BY received_at, kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY account_id, activity_id
COMMENT 'What accounts did: events with the account behind them';

CREATE OR REPLACE VIEW transitions AS
SELECT * EXCEPT (version) FROM transitions_log FINAL
ORDER BY kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY account_id, transition_id
COMMENT 'Steps on the journey, with their causes';

CREATE OR REPLACE VIEW alerts AS
SELECT * EXCEPT (version) FROM alerts_log FINAL
ORDER BY kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY team, alert_id
COMMENT 'Trigger points reached, with what to do and why';

CREATE OR REPLACE VIEW feedback AS
SELECT * EXCEPT (version) FROM feedback_log FINAL
LIMIT 1 BY alert_id, feedback_id
COMMENT 'What teams answered to alerts';

-- The newest by Kafka's timestamp, then by offset: offsets alone would prefer an old topic to its re-created successor.
CREATE OR REPLACE VIEW accounts AS
SELECT * EXCEPT (version, removed) FROM
(
    SELECT * FROM accounts_log FINAL
    ORDER BY kafka_timestamp DESC, kafka_partition DESC, kafka_offset DESC
    LIMIT 1 BY account_id
)
WHERE NOT removed
COMMENT 'The account directory as it is now';

-- migrate:down

DROP VIEW IF EXISTS events;
DROP VIEW IF EXISTS rejected;
DROP VIEW IF EXISTS identity;
DROP VIEW IF EXISTS activities;
DROP VIEW IF EXISTS transitions;
DROP VIEW IF EXISTS alerts;
DROP VIEW IF EXISTS feedback;
DROP VIEW IF EXISTS accounts;
