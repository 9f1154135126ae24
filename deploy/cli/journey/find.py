"""A journey among those that were active."""

from collections.abc import Sequence

from schemas.authored.activation import Activation
from schemas.errors import JourneyError


def find(past: Sequence[Activation], version: str) -> Activation:
    """The newest activation of a version, given by its first digits.

    Raises:
        JourneyError: there is none, or there are several.
    """
    found = {one.rule_version: one for one in past if version and one.rule_version.startswith(version)}
    if len(found) == 1:
        return next(iter(found.values()))
    what = f"several versions begin with {version}" if found else f"no version {version} was ever active"
    raise JourneyError(f"{what[:1].upper()}{what[1:]}.", "`triggerpoint journey history` lists all.")
