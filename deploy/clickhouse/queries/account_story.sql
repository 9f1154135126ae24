-- What happened at one account, in order: what it did, where that led, whom we told and what they answered.
-- Activities and transitions as they stand; alerts as they were said, so also those taken back.
-- Parameter: account_id
SELECT happened_at, kind, what, who, detail
FROM
(
    SELECT occurred_at AS happened_at, 'activity' AS kind, toString(type) AS what, person AS who,
        arrayStringConcat(arrayFilter(text -> text != '', [asset, feature, topic, url]), ', ') AS detail
    FROM activities WHERE account_id = {account_id:String}
    UNION ALL
    SELECT occurred_at, 'transition', concat(from_stage, ' -> ', to_stage), '', why
    FROM transitions WHERE account_id = {account_id:String}
    UNION ALL
    SELECT if(status = 'raised', raised_at, kafka_timestamp), if(status = 'raised', 'alert', 'alert taken back'),
        toString(trigger), toString(team), why
    FROM alerts_said WHERE account_id = {account_id:String}
    UNION ALL
    SELECT occurred_at, 'feedback', toString(verdict), by, reason
    FROM feedback WHERE alert_id IN (SELECT alert_id FROM alerts_said WHERE account_id = {account_id:String})
)
ORDER BY happened_at, kind
