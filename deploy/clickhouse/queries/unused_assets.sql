-- Which assets on the list does nobody look at, or nobody who then moves on? Of none seen at all first.
-- Parameters: days
SELECT
    asset, title, kind, owner,
    ifNull(days_since_seen, 1e9) > {days:UInt32} AS unused,
    ifNull(days_since_mover, 1e9) > {days:UInt32} AS unused_by_movers,
    days_since_seen, accounts, accounts_moved
FROM asset_use
WHERE unused OR unused_by_movers
ORDER BY unused DESC, days_since_seen DESC NULLS FIRST, asset
