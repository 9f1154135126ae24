-- What was refused lately, why, and what did it look like? One example a reason.
-- Parameter: days
SELECT
    source,
    reason,
    count() AS records,
    max(received_at) AS last_at,
    argMax(detail, received_at) AS detail,
    argMax(substringUTF8(ifNull(value, ''), 1, 200), received_at) AS example,
    argMax(concat(topic, ':', toString(partition), ':', toString(offset)), received_at) AS coordinates
FROM rejected
WHERE status != 'accepted' AND received_at > now64(3) - toIntervalDay({days:UInt32})
GROUP BY source, reason
ORDER BY records DESC
