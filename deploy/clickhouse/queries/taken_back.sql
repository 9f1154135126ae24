-- What was said and taken back lately, and why? Alerts and transitions, the newest first.
-- Parameter: days
SELECT said_at, kind, what, account_id, account_name, why
FROM
(
    SELECT kafka_timestamp AS said_at, 'alert' AS kind, toString(trigger) AS what, account_id, account_name, why
    FROM alerts_said WHERE status = 'retracted'
    UNION ALL
    SELECT kafka_timestamp, 'transition', concat(from_stage, ' -> ', to_stage), account_id, account_name, why
    FROM transitions_said WHERE withdrawn
)
WHERE said_at > now64(3) - toIntervalDay({days:UInt32})
ORDER BY said_at DESC, kind, what
