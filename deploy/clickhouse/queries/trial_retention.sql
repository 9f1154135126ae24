-- Of the accounts that started a trial, which share used the product in the first, second and third week? (retention)
WITH trials AS
(
    SELECT account_id, min(occurred_at) AS started_at
    FROM activities
    WHERE type = 'trial_started' AND grade != 'machine'
    GROUP BY account_id
),
weeks AS
(
    SELECT
        account_id,
        retention(
            a.type = 'trial_started',
            a.type = 'feature_used' AND dateDiff('day', t.started_at, a.occurred_at) BETWEEN 0 AND 6,
            a.type = 'feature_used' AND dateDiff('day', t.started_at, a.occurred_at) BETWEEN 7 AND 13,
            a.type = 'feature_used' AND dateDiff('day', t.started_at, a.occurred_at) BETWEEN 14 AND 20) AS used
    FROM activities AS a INNER JOIN trials AS t USING (account_id)
    WHERE a.occurred_at >= t.started_at AND a.grade != 'machine'
    GROUP BY account_id
)
SELECT
    toStartOfMonth(started_at) AS month,
    count() AS trials,
    avg(used[2]) AS first_week,
    avg(used[3]) AS second_week,
    avg(used[4]) AS third_week
FROM weeks INNER JOIN trials USING (account_id)
GROUP BY month
ORDER BY month
