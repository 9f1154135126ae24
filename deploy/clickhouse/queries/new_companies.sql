-- Which companies are no accounts yet, and what did their people do lately? Candidates for `triggerpoint domains promote`.
-- Parameters: days, people_min
SELECT
    u.domain AS domain,
    any(u.people) AS mailboxes,
    count() AS happened,
    countIf(e.url LIKE '%pricing%') AS pricing_views,
    topK(3)(e.type) AS most_often,
    max(e.occurred_at) AS last_at
FROM unmatched_domains AS u
INNER JOIN (SELECT DISTINCT domain, subject FROM identity WHERE kind = 'unmatched') AS i ON i.domain = u.domain
INNER JOIN
(
    SELECT
        multiIf(
            anonymous_id != '', concat('a:', anonymous_id), user_id != '', concat('u:', user_id), concat('e:', email)
        ) AS subject,
        type, url, occurred_at
    FROM events
    WHERE grade != 'machine' AND occurred_at > now64(3) - toIntervalDay({days:UInt32})
) AS e ON e.subject = i.subject
WHERE u.people >= {people_min:UInt32}
GROUP BY u.domain
ORDER BY mailboxes DESC, happened DESC, domain
