-- How far do accounts get from content to trial use within 60 days, in this order? (windowFunnel)
-- reached: accounts that got at least this far.
WITH per_account AS
(
    SELECT
        account_id,
        windowFunnel(60 * 86400, 'strict_order')(
            toDateTime(occurred_at),
            type = 'content_download',
            type = 'pricing_view',
            type = 'trial_started',
            type = 'feature_used') AS level
    FROM activities
    WHERE grade != 'machine' AND type IN ('content_download', 'pricing_view', 'trial_started', 'feature_used')
    GROUP BY account_id
)
SELECT
    step.1 AS position,
    step.2 AS type,
    countIf(level >= position) AS reached
FROM per_account
ARRAY JOIN [(1, 'content_download'), (2, 'pricing_view'), (3, 'trial_started'), (4, 'feature_used')] AS step
GROUP BY position, type
ORDER BY position
