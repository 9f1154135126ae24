-- Which content moves accounts forward? Assets, pages and features among the causes of transitions to a later stage.
SELECT
    cause.type AS type,
    cause.detail AS detail,
    uniqExact(account_id) AS accounts,
    uniqExact(transition_id) AS transitions,
    countIf(cause.decisive) AS decisive,
    sum(cause.points) AS points
FROM (SELECT account_id, transition_id, from_stage, to_stage, arrayJoin(causes) AS cause FROM transitions) AS t
INNER JOIN stages AS s ON s.stage = t.from_stage
INNER JOIN stages AS e ON e.stage = t.to_stage
WHERE e.rank > s.rank AND cause.detail != ''
GROUP BY type, detail
ORDER BY points DESC, type, detail
LIMIT 100
