"""Reads the policy file, with the public holidays of the regions it names."""

from datetime import date
from pathlib import Path
from typing import Any

import holidays
import yaml
from pydantic import ValidationError

from pipeline.handover.policy import Policy, day_text
from schemas.errors import SettingsError

PACKAGED = Path(__file__).with_name("policy.yaml")
YEARS = range(2020, 2046)
"""Years whose public holidays are known to a running worker."""


def load_policy(file: Path | None) -> Policy:
    """The policy of a file; the packaged one if none is given.

    Raises:
        SettingsError: it cannot be read, or says what cannot be; the text names each place.
    """
    path = file or PACKAGED
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:  # a day that does not exist is a ValueError
        raise SettingsError(f"TRIGGERPOINT_HANDOVER_FILE {path} cannot be read: {error}.", _cure()) from error
    if not isinstance(given, dict):
        raise SettingsError(f"TRIGGERPOINT_HANDOVER_FILE {path} holds no settings by name.", _cure())
    try:
        policy = Policy.model_validate(_plain(given))
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}" for item in error.errors())
        raise SettingsError(f"TRIGGERPOINT_HANDOVER_FILE {path}: {said}.", _cure()) from error
    regions = {region for rule in policy.calendars.values() for region in rule.regions}
    return policy.model_copy(update={"public_holidays": {region: _days(path, region) for region in sorted(regions)}})


def _days(path: Path, region: str) -> tuple[date, ...]:
    country, _, part = region.partition("-")
    try:
        return tuple(sorted(holidays.country_holidays(country, subdiv=part or None, years=YEARS)))
    except NotImplementedError as error:
        raise SettingsError(
            f"TRIGGERPOINT_HANDOVER_FILE {path}: nothing is known of the region `{region}`.",
            "Write ISO 3166 codes such as `DE-BY` or `US`, or list the days under `holidays`.",
        ) from error


def _plain(value: Any) -> Any:
    """YAML reads `2027-04-02` as a date; here days are text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return day_text(value)


def _cure() -> str:
    return f"{PACKAGED} shows how it is written."
