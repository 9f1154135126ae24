-- One row for each id, at any moment: FINAL collapses copies of one record, LIMIT 1 BY what was sent more than once under
-- one id with different content (the highest revision stays, else the first received). A filter on the columns behind BY,
-- as on account_id, is answered from the primary key. `triggerpoint migrate` copies the column comments from the tables.

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
ORDER BY revision DESC
LIMIT 1 BY rejected_id
COMMENT 'Input that could not be used, with the original bytes, the reason, and what became of it once sent back';

CREATE OR REPLACE VIEW identity AS
SELECT * EXCEPT (version) FROM identity_log FINAL
ORDER BY kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY account_id, fact_id
COMMENT 'Which id belongs to which company, and why';

-- A retraction takes back what lies before it on its partition. Retractions are few and found by the index on type, so
-- the rows they take back are named one by one; without any this costs next to nothing.
CREATE OR REPLACE VIEW activities AS
SELECT * EXCEPT (version) FROM activities_log FINAL
WHERE type != 'retraction' AND (kafka_topic, kafka_partition, kafka_offset) NOT IN
(
    SELECT a.kafka_topic, a.kafka_partition, a.kafka_offset
    FROM activities_log AS a INNER JOIN
    (
        SELECT account_id, subject, kafka_topic, kafka_partition, max(kafka_offset) AS until
        FROM activities_log
        WHERE type = 'retraction'
        GROUP BY account_id, subject, kafka_topic, kafka_partition
    ) AS r USING (account_id, subject, kafka_topic, kafka_partition)
    WHERE a.kafka_offset < r.until AND a.account_id IN (SELECT account_id FROM activities_log WHERE type = 'retraction')
)
ORDER BY revision DESC, received_at, kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY account_id, activity_id
COMMENT 'What accounts did: events with the account behind them, as far as it stands';

CREATE OR REPLACE VIEW transitions AS
SELECT * EXCEPT (version, withdrawn) FROM
(
    SELECT * FROM transitions_log FINAL
    ORDER BY revision DESC, kafka_timestamp, kafka_partition, kafka_offset
    LIMIT 1 BY account_id, transition_id
)
WHERE NOT withdrawn
COMMENT 'Steps on the journey, with their causes, as far as they stand';

CREATE OR REPLACE VIEW alerts AS
SELECT * EXCEPT (version, status) FROM
(
    SELECT * FROM alerts_log FINAL
    ORDER BY revision DESC, kafka_timestamp, kafka_partition, kafka_offset
    LIMIT 1 BY team, alert_id
)
WHERE status = 'raised'
COMMENT 'Trigger points reached, with what to do and why, as far as they stand';

CREATE OR REPLACE VIEW activities_said AS
SELECT * EXCEPT (version) FROM activities_log FINAL
COMMENT 'Every activity as it was said: revisions, retractions and what they take back';

CREATE OR REPLACE VIEW transitions_said AS
SELECT * EXCEPT (version) FROM transitions_log FINAL
COMMENT 'Every transition as it was said: at first, said anew, withdrawn';

CREATE OR REPLACE VIEW alerts_said AS
SELECT * EXCEPT (version) FROM alerts_log FINAL
COMMENT 'Every alert as it was said: raised, retracted';

CREATE OR REPLACE VIEW feedback AS
SELECT * EXCEPT (version) FROM feedback_log FINAL
ORDER BY received_at, kafka_timestamp, kafka_partition, kafka_offset
LIMIT 1 BY alert_id, answer_id
COMMENT 'What teams answered to alerts';

CREATE OR REPLACE VIEW handovers AS
SELECT * EXCEPT (version, withdrawn) FROM
(
    SELECT * FROM handovers_log FINAL
    ORDER BY revision DESC, kafka_timestamp, kafka_partition, kafka_offset
    LIMIT 1 BY alert_id, entry_id
)
WHERE NOT withdrawn
COMMENT 'The hand-over ledger: who had an alert when, what they answered and what the clocks said, as it stands';

CREATE OR REPLACE VIEW handovers_said AS
SELECT * EXCEPT (version) FROM handovers_log FINAL
COMMENT 'Every line of the hand-over ledger as it was said: at first, said anew, withdrawn';

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
DROP VIEW IF EXISTS activities_said;
DROP VIEW IF EXISTS transitions_said;
DROP VIEW IF EXISTS alerts_said;
DROP VIEW IF EXISTS feedback;
DROP VIEW IF EXISTS handovers;
DROP VIEW IF EXISTS handovers_said;
DROP VIEW IF EXISTS accounts;
