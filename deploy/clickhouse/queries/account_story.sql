-- What happened at one account, in order: what it did, where that led, whom we told and what they answered.
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
    SELECT raised_at, 'alert', toString(trigger), toString(team), why
    FROM alerts WHERE account_id = {account_id:String}
    UNION ALL
    SELECT f.occurred_at, 'feedback', toString(f.verdict), f.by, f.reason
    FROM feedback AS f INNER JOIN alerts AS a ON a.alert_id = f.alert_id WHERE a.account_id = {account_id:String}
)
ORDER BY happened_at, kind
