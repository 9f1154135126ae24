-- People: read the views within bounds, and not what was refused, since original bytes hold clear addresses.
CREATE ROLE IF NOT EXISTS triggerpoint_analyst SETTINGS
    readonly = 2 READONLY,
    max_execution_time = 60 MAX 300,
    max_memory_usage = 4000000000 MAX 8000000000,
    max_result_rows = 1000000 MAX 10000000,
    max_rows_to_read = 1000000000 MAX 10000000000;
GRANT SELECT ON triggerpoint.account_stage TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.accounts TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.activities TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.activities_said TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.alert_outcomes TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.alert_status TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.alerts TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.alerts_held TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.alerts_not_sent TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.alerts_said TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.asset_influence TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.asset_sightings TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.asset_use TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.assets TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.cause_check TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.digests TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.event_accounting TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.events TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.feedback TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.funnel TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.handover_compliance TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.handover_status TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.handovers TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.handovers_said TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.identity TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.journey_before_sales TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.journey_before_sales_overall TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.journeys TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.next_steps TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.stage_stays TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.stages TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.system_delay TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.time_in_stage TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.transitions TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.transitions_said TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.trigger_causes TO triggerpoint_analyst;
GRANT SELECT ON triggerpoint.unmatched_domains TO triggerpoint_analyst;
CREATE QUOTA IF NOT EXISTS triggerpoint_analyst KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 5000, execution_time = 3600 TO triggerpoint_analyst;
CREATE USER IF NOT EXISTS triggerpoint_analyst IDENTIFIED WITH sha256_password BY 'put a password here'
    DEFAULT ROLE triggerpoint_analyst;
GRANT triggerpoint_analyst TO triggerpoint_analyst;
