-- How are accounts found, and how surely? By source and method.
SELECT
    source,
    method,
    count() AS activities,
    uniqExact(account_id) AS accounts,
    round(avg(confidence), 3) AS mean_confidence,
    countIf(late) AS attributed_later
FROM activities
WHERE grade != 'machine'
GROUP BY source, method
ORDER BY source, activities DESC
