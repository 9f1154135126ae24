"""The lines a producer, a subscriber and an analyst need to join in; they work as printed."""

from agents.settings import Settings
from schemas.base import Source, Team
from schemas.topics import ALERTS

EXAMPLE = '{"type":"form_submit","form":"demo","occurred_at":"\'$(date -u +%FT%TZ)\'","email":"jane@your-company.com"}'


def joining_lines(settings: Settings, metrics_url: str) -> str:
    """What to type, and where to look."""
    servers, url = settings.bootstrap_servers, settings.clickhouse_url.get_secret_value()
    web, sales = settings.topics.raw(Source.WEB)[0], settings.topics.name(ALERTS[Team.SALES])
    query = f"SELECT stage, count() FROM {settings.clickhouse_database}.account_stage GROUP BY stage"  # noqa: S608 - printed
    return "\n".join(
        (
            f"Kafka {servers}   ClickHouse {url} (database {settings.clickhouse_database})   metrics {metrics_url}",
            "Join in, from another terminal, while this runs:",
            f"  producer    echo '{EXAMPLE}' | .venv/bin/triggerpoint topics write {web} --bootstrap-servers {servers}",
            f"  subscriber  .venv/bin/triggerpoint topics read {sales} --bootstrap-servers {servers}",
            f"  analyst     curl -s '{url}' --data-binary '{query} FORMAT PrettyCompact'",
        )
    )
