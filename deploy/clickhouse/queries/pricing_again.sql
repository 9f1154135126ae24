-- Which accounts looked at prices, then used the product, and came back to the prices within two days? (sequenceMatch)
SELECT
    account_id,
    any(account_name) AS name,
    countIf(type = 'pricing_view') AS pricing_views,
    max(occurred_at) AS last_activity_at
FROM activities
WHERE grade != 'machine'
GROUP BY account_id
HAVING sequenceMatch('(?1).*(?2)(?t<=172800).*(?1)')(
    toDateTime(occurred_at), type = 'pricing_view', type = 'feature_used')
ORDER BY last_activity_at DESC
