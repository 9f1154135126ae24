"""What looking up costs: microseconds an event for the lookups a name rests on, and the table of networks itself.

`measure_lookups()` is reproducible: made-up ids by a fixed rule, each new one looked up once, the best of some rounds.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count

import psutil

from agents import settings
from agents.networks import asn_files_of
from agents.networks.load import lines_of
from pipeline.domains import mail_kind, registrable
from pipeline.grade import grade
from pipeline.identity.asn import AsnTable
from pipeline.identity.networks import Networks
from schemas.base import Source

ROUNDS = 5
IDS = 2_000
"""Of a round: enough for a mean, few enough to stay in the caches, so that a second look finds them there."""

MADE_UP_RANGES = 400_000
_numbers = count()
"""Of ids: one that was made before would lie in the caches of this process."""

BUDGET_REPEATED_US = 5.0
BUDGET_NEW_US = 60.0
"""Of all lookups of one event together."""


def measure_lookups(asn_files: str = "") -> dict[str, float]:
    """Figures in microseconds a lookup, for new ids and for repeated ones; `event_*` is their sum.

    Args:
        asn_files: network data; those of the settings if empty, a made-up table of 400,000 ranges if there are none.

    Returns:
        `address_new_us`, `address_repeated_us` and so on for `mailbox`, `user_agent`, `suffix` and `event`;
        `table_ranges`, `table_load_seconds` and `table_megabytes` of the networks.
    """
    table, figures = _table(asn_files)
    networks = Networks(table)
    lookups: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
        "address": (networks.of, _address),
        "mailbox": (mail_kind, lambda at: f"mail.office-{at}.co.uk"),
        "user_agent": (lambda agent: grade(Source.WEB, "page_view", agent), _user_agent),
        "suffix": (registrable, lambda at: f"www.site-{at}.com.au"),
    }
    for name, (look, made) in lookups.items():
        look(made(next(_numbers)))  # what is compiled or read at the first look is no cost of an event
        rounds = [[made(next(_numbers)) for _ in range(IDS)] for _ in range(ROUNDS)]
        figures[f"{name}_new_us"] = round(min(_mean_us(look, ids) for ids in rounds), 3)
        figures[f"{name}_repeated_us"] = round(min(_mean_us(look, rounds[-1]) for _ in rounds), 3)
    for when in ("new", "repeated"):
        figures[f"event_{when}_us"] = round(sum(figures[f"{name}_{when}_us"] for name in lookups), 3)
    return figures


def _mean_us(look: Callable[[str], object], ids: Sequence[str]) -> float:
    started = time.perf_counter_ns()
    for given in ids:
        look(given)
    return (time.perf_counter_ns() - started) / len(ids) / 1000


def _table(asn_files: str) -> tuple[AsnTable, dict[str, float]]:
    loaded = settings.load()
    paths, build = asn_files_of(asn_files or loaded.asn_file, loaded.cache_dir)
    lines: Iterable[str] = lines_of(paths) if paths else _made_up()
    process = psutil.Process()
    gc.collect()
    before, started = process.memory_info().rss, time.perf_counter()
    table = AsnTable(lines, build or "made up")
    seconds = time.perf_counter() - started
    gc.collect()
    return table, {
        "table_ranges": float(len(table)),
        "table_load_seconds": round(seconds, 3),
        "table_megabytes": round((process.memory_info().rss - before) / 1e6, 1),
    }


def _made_up() -> Iterator[str]:
    width = (1 << 32) // MADE_UP_RANGES
    for at in range(MADE_UP_RANGES):
        yield f"{at * width},{at * width + width * 3 // 4},{at % 80_000 + 1},Holder {at % 80_000} Works Inc\n"


def _address(at: int) -> str:
    value = (at * 2_654_435_761 + 97) % (223 << 24)  # spread over the whole space by a number without pattern
    return f"{(value >> 24) + 1}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"


def _user_agent(at: int) -> str:
    return (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{at % 140}.0.{at}.0 "
        "Safari/537.36"
    )
