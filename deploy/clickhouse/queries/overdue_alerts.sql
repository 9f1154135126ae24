-- Which alerts did nobody touch in time? The newest first, with what was to be said.
SELECT s.team, s.owner, s.account_name, s.trigger, s.raised_at, s.act_by, a.play_channel, a.play_message, s.alert_id
FROM alert_status AS s
INNER JOIN alerts AS a ON a.alert_id = s.alert_id
WHERE s.open AND s.minutes_to_first_touch IS NULL AND s.in_time = false
ORDER BY s.raised_at DESC
