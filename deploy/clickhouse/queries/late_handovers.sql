-- Which hand-overs are open and late? Those with the oldest offer first, with who has it now and who was told.
SELECT team, owner, account_name, trigger, status, offered_at, accept_by, touch_by, breached_clocks, escalated_to,
    reassigned, alert_id
FROM handover_status
WHERE open AND breached
ORDER BY offered_at
