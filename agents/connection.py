"""How to reach the broker: one set of client options for all consumers, producers and admin clients."""

import ssl
from typing import Any

from agents.settings import Settings
from schemas.errors import SettingsError


def connection_options(settings: Settings) -> dict[str, Any]:
    """Options every aiokafka client takes.

    Raises:
        SettingsError: the CA file cannot be read.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",")],
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.endswith("SSL"):
        try:
            options["ssl_context"] = ssl.create_default_context(
                cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file else None
            )
        except OSError as error:
            raise SettingsError(f"TRIGGERPOINT_KAFKA_CA_FILE {settings.kafka_ca_file}: {error}.") from error
    if settings.kafka_security.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return options
