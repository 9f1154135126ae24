-- How much of the journey is over before sales first speaks to the buyer.
--
-- Research puts it at 57 to 70 % of the way to the purchase; here it is measured,
-- on the company's own accounts.
--
-- journey      from the account's first activity to becoming a customer; only what the buyer did: neither machines' hits
--              nor facts of the CRM. Without a sale so far: to its newest activity or the first contact, whichever is
--              later, and `sold` is false. An account that was a customer when first seen has no journey here, nor has a
--              suppressed one.
-- contact      the first meeting or call of the CRM, or the first touch a team reported on a sales alert, whichever is
--              first. Without a contact so far the whole journey lies before it, and `contacted` is false.
-- points       the weight of those activities that were a cause of any transition or alert (base_points, without decay).
--
-- Activities older than their TTL are gone, so a longer journey seems to start later than it did.

-- migrate:up

CREATE OR REPLACE VIEW journey_before_sales
(
    account_id String COMMENT 'Account',
    sold Bool COMMENT 'It became a customer; if not, the shares are those so far',
    contacted Bool COMMENT 'Sales had a first contact within the journey; if not, all shares are 1',
    started_at DateTime64(3, 'UTC') COMMENT 'First activity of the buyer',
    first_sales_contact_at DateTime64(3, 'UTC') COMMENT 'First sales contact; 1970 if none within the journey',
    ended_at DateTime64(3, 'UTC') COMMENT 'When it became a customer; without a sale, the newest activity or contact',
    days Float64 COMMENT 'Length of the journey, in days',
    days_before_sales Float64 COMMENT 'Days of it before the first sales contact',
    activities UInt64 COMMENT 'Activities of the buyer in the journey',
    activities_before_sales UInt64 COMMENT 'Of these, before the first sales contact',
    points Float64 COMMENT 'Points of these activities',
    points_before_sales Float64 COMMENT 'Of these, before the first sales contact',
    share_of_time Float64 COMMENT 'Share of the days before the first sales contact, 0 to 1',
    share_of_activities Float64 COMMENT 'Share of the activities before it, 0 to 1',
    share_of_points Nullable(Float64) COMMENT 'Share of the points before it, 0 to 1; NULL without points'
)
AS WITH
    toDateTime64(0, 3, 'UTC') AS never,
    weights AS
    (
        SELECT account_id, cause.event_id AS event_id, max(cause.base_points) AS points
        FROM
        (
            SELECT account_id, arrayJoin(causes) AS cause FROM transitions
            UNION ALL
            SELECT account_id, arrayJoin(causes) AS cause FROM alerts
        )
        WHERE event_id != ''
        GROUP BY account_id, event_id
    ),
    steps AS
    (
        SELECT account_id, groupArray((b.occurred_at, w.points)) AS steps, min(b.occurred_at) AS started_at, max(b.occurred_at) AS newest_at
        FROM
        (
            SELECT account_id, event_id, occurred_at
            FROM activities
            WHERE grade != 'machine' AND source != 'crm'
                AND account_id NOT IN (SELECT account_id FROM accounts WHERE suppressed != '')
        ) AS b
        LEFT JOIN weights AS w ON w.account_id = b.account_id AND w.event_id = b.event_id
        GROUP BY account_id
    ),
    contacts AS
    (
        SELECT account_id, min(contact_at) AS first_at
        FROM
        (
            SELECT account_id, occurred_at AS contact_at
            FROM activities
            WHERE source = 'crm' AND type IN ('meeting_held', 'call_held')
            UNION ALL
            SELECT account_id, first_touch_at AS contact_at
            FROM alert_status
            WHERE team = 'sales' AND minutes_to_first_touch IS NOT NULL
        )
        GROUP BY account_id
    ),
    sales AS
    (
        SELECT account_id, min(occurred_at) AS sold_at
        FROM transitions
        WHERE to_stage IN (SELECT stage FROM stages WHERE phase = 'customer')
        GROUP BY account_id
    ),
    journeys AS
    (
        SELECT
            account_id,
            s.steps AS steps,
            s.started_at AS started_at,
            l.sold_at > never AS sold,
            if(sold, l.sold_at, greatest(s.newest_at, c.first_at)) AS ended_at,
            c.first_at > never AND c.first_at <= ended_at AS contacted,
            if(contacted, c.first_at, never) AS first_sales_contact_at,
            arrayFilter(step -> step.1 <= ended_at, steps) AS own,
            arrayFilter(step -> NOT contacted OR step.1 < first_sales_contact_at, own) AS before
        FROM steps AS s
        LEFT JOIN contacts AS c USING (account_id)
        LEFT JOIN sales AS l USING (account_id)
        WHERE NOT sold OR l.sold_at > s.started_at
    )
SELECT
    account_id,
    sold,
    contacted,
    started_at,
    first_sales_contact_at,
    ended_at,
    dateDiff('millisecond', started_at, ended_at) / 86400000 AS days,
    if(contacted, greatest(0, dateDiff('millisecond', started_at, first_sales_contact_at) / 86400000), days) AS days_before_sales,
    length(own) AS activities,
    length(before) AS activities_before_sales,
    arraySum(step -> step.2, own) AS points,
    arraySum(step -> step.2, before) AS points_before_sales,
    multiIf(NOT contacted, 1, days = 0, 0, days_before_sales / days) AS share_of_time,
    activities_before_sales / activities AS share_of_activities,
    points_before_sales / nullIf(points, 0) AS share_of_points
FROM journeys
SETTINGS join_use_nulls = 0
COMMENT 'Share of each account''s journey that was over before sales first spoke to it (research: 57 to 70 %)';

CREATE OR REPLACE VIEW journey_before_sales_overall
(
    sold Bool COMMENT 'true: journeys that ended in a sale, to compare with research; false: journeys so far',
    journeys UInt64 COMMENT 'Number of journeys',
    contacted UInt64 COMMENT 'Of these, with a sales contact',
    median_days Float64 COMMENT 'Median length of a journey, in days',
    mean_share_of_time Float64 COMMENT 'Mean share of the time before the first sales contact, 0 to 1; compare with 0.57 to 0.70',
    median_share_of_time Float64 COMMENT 'Median of the same',
    mean_share_of_time_contacted Nullable(Float64) COMMENT 'Mean over journeys with a sales contact only; NULL if none',
    share_of_activities Float64 COMMENT 'Share of all their activities before the first sales contact, 0 to 1',
    share_of_points Nullable(Float64) COMMENT 'Share of all their points before it, 0 to 1; NULL without points'
)
AS SELECT
    sold,
    count() AS journeys,
    countIf(j.contacted) AS contacted,
    quantileExactInclusive(0.5)(days) AS median_days,
    avg(share_of_time) AS mean_share_of_time,
    quantileExactInclusive(0.5)(share_of_time) AS median_share_of_time,
    if(contacted = 0, NULL, avgIf(share_of_time, j.contacted)) AS mean_share_of_time_contacted,
    sum(activities_before_sales) / sum(activities) AS share_of_activities,
    sum(points_before_sales) / nullIf(sum(points), 0) AS share_of_points
FROM journey_before_sales AS j
GROUP BY sold
ORDER BY sold DESC
COMMENT 'Share of the journey that is over before sales first speaks to the buyer (research: 57 to 70 %)';

-- migrate:down

DROP VIEW IF EXISTS journey_before_sales_overall;
DROP VIEW IF EXISTS journey_before_sales;
