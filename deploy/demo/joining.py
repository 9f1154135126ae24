"""The lines a producer, a subscriber and an analyst need to join in; they work as printed."""

from agents.settings import Settings
from schemas.base import Source, Team
from schemas.topics import ACCOUNTS, ALERTS

COMMAND = ".venv/bin/triggerpoint topics"
ACCOUNT = '{"account_id":"your-firm","name":"Your Firm","domains":["your-firm.com"]}'
EVENT = '{"type":"form_submit","form":"demo","email":"jane@your-firm.com","occurred_at":"\'$(date -u +%FT%TZ)\'"}'
QUERY = "SELECT * FROM funnel FORMAT PrettyCompact"


def joining_lines(settings: Settings, metrics_url: str) -> str:
    """What to type, and where to look."""
    servers, url = settings.bootstrap_servers, settings.clickhouse_url.get_secret_value()
    default = Settings.model_fields["bootstrap_servers"].default
    where = "" if servers == default else f" --bootstrap-servers {servers}"
    web, sales = settings.topics.raw(Source.WEB)[0], settings.topics.name(ALERTS[Team.SALES])
    database = settings.clickhouse_database
    return "\n".join(
        (
            f"Kafka {servers}  ClickHouse {url} (database {database})  metrics {metrics_url}",
            "Join in from another terminal, in this folder:",
            f"account    echo '{ACCOUNT}' | {COMMAND} write {settings.topics.name(ACCOUNTS)}{where}",
            f"produce    echo '{EVENT}' | {COMMAND} write {web}{where}",
            f"subscribe  {COMMAND} read {sales}{where}",
            f"analyse    curl -s '{url}/?database={database}' --data-binary '{QUERY}'",
        )
    )
