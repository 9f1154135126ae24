-- What came in, what became of it, and how long that took.

-- migrate:up

CREATE OR REPLACE VIEW event_accounting
(
    day Date COMMENT 'Day the broker took the raw record, UTC',
    source String COMMENT 'web, email, trial, crm, support or social',
    events UInt64 COMMENT 'Events accepted: attributed + unattributed',
    attributed UInt64 COMMENT 'Events an account was found for, if only later',
    unattributed UInt64 COMMENT 'Events no account was found for so far',
    activities UInt64 COMMENT 'Activities made of events; one event may count for two accounts',
    late UInt64 COMMENT 'Of these, attributed after the fact',
    suspect UInt64 COMMENT 'Events graded suspect',
    machine UInt64 COMMENT 'Events graded machine',
    clamped UInt64 COMMENT 'Events whose time was set back, since the producer''s clock was ahead',
    rejected UInt64 COMMENT 'Input refused, and not accepted since',
    rejected_by_reason Map(String, UInt64) COMMENT 'Reasons and how often'
)
AS SELECT
    day,
    source,
    sum(t.events) AS events,
    sum(t.attributed) AS attributed,
    events - attributed AS unattributed,
    sum(t.activities) AS activities,
    sum(t.late) AS late,
    sum(t.suspect) AS suspect,
    sum(t.machine) AS machine,
    sum(t.clamped) AS clamped,
    arraySum(mapValues(rejected_by_reason)) AS rejected,
    sumMap(t.rejected_by_reason) AS rejected_by_reason
FROM
(
    SELECT
        toDate(received_at) AS day,
        toString(source) AS source,
        count() AS events,
        countIf(event_id IN (SELECT event_id FROM activities)) AS attributed,
        0 AS activities,
        0 AS late,
        countIf(grade = 'suspect') AS suspect,
        countIf(grade = 'machine') AS machine,
        countIf(events.clamped) AS clamped,
        CAST(map(), 'Map(String, UInt64)') AS rejected_by_reason
    FROM events
    GROUP BY day, source
    UNION ALL
    SELECT
        toDate(received_at) AS day, toString(source) AS source, 0, 0, count(), countIf(activities.late), 0, 0, 0,
        CAST(map(), 'Map(String, UInt64)')
    FROM activities
    GROUP BY day, source
    UNION ALL
    SELECT
        toDate(received_at) AS day, toString(source) AS source, 0, 0, 0, 0, 0, 0, 0,
        sumMap(map(toString(reason), toUInt64(1)))
    FROM rejected
    WHERE status != 'accepted'  -- it counts as the event it became
    GROUP BY day, source
) AS t
GROUP BY day, source
ORDER BY day, source
COMMENT 'What came in and what became of it, by day and source: nothing is lost';

-- Left out: what was attributed after the fact or raised by a timer, since it waited on purpose; and corrections.
CREATE OR REPLACE VIEW system_delay
(
    hour DateTime('UTC') COMMENT 'Hour the broker took the raw record',
    noun String COMMENT 'events, activities, transitions or alerts',
    records UInt64 COMMENT 'Records',
    seconds_p50 Float64 COMMENT 'Half of them were readable here sooner after the broker took the raw record, in seconds',
    seconds_p95 Float64 COMMENT '95 % of them were sooner, in seconds',
    seconds_p99 Float64 COMMENT '99 % of them were sooner, in seconds',
    seconds_max Float64 COMMENT 'The slowest, in seconds'
)
AS SELECT
    toStartOfHour(toDateTime(received_at, 'UTC')) AS hour,
    noun,
    count() AS records,
    quantileExactInclusive(0.5)(seconds) AS seconds_p50,
    quantileExactInclusive(0.95)(seconds) AS seconds_p95,
    quantileExactInclusive(0.99)(seconds) AS seconds_p99,
    max(seconds) AS seconds_max
FROM
(
    SELECT 'events' AS noun, received_at, dateDiff('millisecond', received_at, archived_at) / 1000 AS seconds FROM events
    UNION ALL
    SELECT 'activities', received_at, dateDiff('millisecond', received_at, archived_at) / 1000 FROM activities_said
    WHERE NOT late AND revision = 0 AND type != 'retraction'
    UNION ALL
    SELECT 'transitions', received_at, dateDiff('millisecond', received_at, archived_at) / 1000 FROM transitions_said
    WHERE occurred_at <= received_at AND restated_because = ''
    UNION ALL
    SELECT 'alerts', received_at, dateDiff('millisecond', received_at, archived_at) / 1000 FROM alerts_said
    WHERE raised_at <= received_at AND revision = 0
)
GROUP BY hour, noun
ORDER BY hour, noun
COMMENT 'How long it takes from the broker to here, by hour';

-- Claimed by now is not unmatched any more, whatever was seen before.
CREATE OR REPLACE VIEW unmatched_domains
(
    domain String COMMENT 'Company domain that is no account''s',
    people UInt64 COMMENT 'Mailboxes seen there; from two on it is hardly a private person''s',
    subjects UInt64 COMMENT 'Visitors, users and mailboxes that wait for an account by it',
    facts UInt64 COMMENT 'Facts that say so',
    first_seen_at DateTime64(3, 'UTC') COMMENT 'When it was first seen',
    last_seen_at DateTime64(3, 'UTC') COMMENT 'When something new was last seen of it'
)
AS SELECT
    domain,
    uniqExactIf(person, position(person, '@') > 0) AS people,
    uniqExact(subject) AS subjects,
    count() AS facts,
    min(observed_at) AS first_seen_at,
    max(observed_at) AS last_seen_at
FROM identity
WHERE kind = 'unmatched' AND domain NOT IN
(
    SELECT arrayJoin(arrayConcat(
        domains,
        arrayMap(
            period -> period.domain,
            arrayFilter(
                period -> period.valid_from <= toDate(now('UTC'))
                    AND (period.valid_to = toDate(0) OR period.valid_to >= toDate(now('UTC'))),
                domain_periods
            )
        )
    ))
    FROM accounts
)
GROUP BY domain
ORDER BY domain
COMMENT 'Companies that were seen and are no accounts: `triggerpoint domains promote` makes one an account';

-- migrate:down

DROP VIEW IF EXISTS unmatched_domains;
DROP VIEW IF EXISTS system_delay;
DROP VIEW IF EXISTS event_accounting;
