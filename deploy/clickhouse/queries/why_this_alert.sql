-- Why was this alert raised? One row a cause, heaviest first; the points add up to the score.
-- Of an alert that was taken back: what it was made of when it was raised last.
-- Parameter: alert_id
SELECT
    a.account_name,
    a.trigger,
    a.raised_at,
    a.score,
    cause.type AS type,
    cause.occurred_at AS occurred_at,
    cause.person AS person,
    cause.detail AS detail,
    cause.base_points AS base_points,
    cause.decay AS decay,
    cause.points AS points,
    cause.decisive AS decisive,
    cause.event_id AS event_id
FROM
(
    SELECT * FROM alerts_said WHERE alert_id = {alert_id:String} AND status = 'raised' ORDER BY revision DESC LIMIT 1
) AS a
ARRAY JOIN causes AS cause
ORDER BY points DESC, occurred_at
