-- Which content comes before a step forward, stage by stage? Only where the interval does not include "no difference".
-- Parameters: seen_min
SELECT stage, asset, title, seen, unseen, share_seen, share_unseen, lift, lift_low, lift_high, won_seen, win_lift
FROM asset_influence
WHERE seen >= {seen_min:UInt32} AND (lift_low > 1 OR lift_high < 1)
ORDER BY stage, lift DESC, asset
