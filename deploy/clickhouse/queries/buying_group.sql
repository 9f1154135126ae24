-- Who is in the buying group? Accounts where several people were active lately, with their titles.
-- Parameters: days, people_min
SELECT
    account_id,
    any(account_name) AS name,
    uniqExactIf(person, person != '') AS people,
    groupUniqArrayIf(job_title, job_title != '') AS titles,
    count() AS activities,
    max(occurred_at) AS last_activity_at
FROM activities
WHERE grade != 'machine' AND occurred_at > now64(3) - toIntervalDay({days:UInt32})
GROUP BY account_id
HAVING people >= {people_min:UInt32}
ORDER BY people DESC, activities DESC
