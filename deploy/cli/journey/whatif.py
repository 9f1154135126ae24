"""`triggerpoint journey diff --history` and `try`: what would be different, on the recorded history."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import Progress

from agents.journey.load import own_journey
from agents.journey.past import counting, read_activations
from agents.settings import Settings
from deploy.cli.journey.find import find
from deploy.whatif.report import as_json as to_json
from deploy.whatif.report import tables
from deploy.whatif.run import try_on_history
from pipeline.journeyfile.read import read_rules
from pipeline.rules.model import Rules
from pipeline.whatif.compare import Comparison
from schemas.base import to_ms
from schemas.errors import JourneyError, SettingsError

ACTIVE = "active"


def journey_named(loaded: Settings, name: str) -> Rules:
    """A journey by its file, by `active`, or by the first digits of a version that was active.

    Raises:
        JourneyError: there is none.
    """
    if name != ACTIVE and Path(name).exists():
        return own_journey(Path(name))[1]
    if name != ACTIVE and not name.isalnum():
        return own_journey(Path(name))[1]  # says that there is no such file
    past = asyncio.run(read_activations(loaded))
    one = counting(past) if name == ACTIVE else find(past, name)
    if one is None:
        return own_journey(loaded.journey_file)[1]
    rules = read_rules(one.text).rules
    if rules is None:
        raise JourneyError(f"Activation {one.number} is no journey.", "`triggerpoint journey history` lists all.")
    return rules


def since_of(since: str, days: float) -> int:
    """From when on alerts count, ms since 1970; 0 for all that is recorded.

    Raises:
        SettingsError: both are given, or the date is none.
    """
    if since and days:
        raise SettingsError("Give either --since or --days.")
    if days:
        return to_ms(datetime.now(UTC) - timedelta(days=days))
    if not since:
        return 0
    try:
        given = datetime.fromisoformat(since)
    except ValueError as error:
        raise SettingsError(f"`{since}` is no date.", "Write it as 2026-03-31 or 2026-03-31T09:00+02:00.") from error
    return to_ms(given if given.tzinfo else given.replace(tzinfo=UTC))


def on_history(loaded: Settings, old: Rules, new: Rules, since_ms: int, accounts: bool) -> Comparison:
    """Fold the recorded history under both, with progress on stderr."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        tasks = {what: progress.add_task(what, total=None, visible=False) for what in ("reading", "folding")}

        def tell(what: str, done: int, of: int) -> None:
            progress.update(tasks[what], completed=done, total=of or None, visible=True)

        return asyncio.run(try_on_history(loaded, old, new, since_ms, accounts, tell))


def show(found: Comparison, old: Rules, new: Rules, lines: list[str], as_json: bool) -> None:
    """Print the difference."""
    if as_json:
        told = {"old": old.version, "new": new.version, "differences": lines, "history": to_json(found)}
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    for part in tables(found):
        console.print(part)
