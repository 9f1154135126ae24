"""Memory of what a worker remembers: bytes of an account, and of each million known ids, as its lanes keep them."""

import asyncio
import gc
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from typing import Any

import psutil

from agents.settings import load
from agents.shell.state import StateStore
from tests.bench.figures.plot import Plot
from tests.bench.line import load as loads
from tests.bench.line.plain import BATCH_RECORDS, PlainLine
from tests.bench.surroundings import Bench

KEYS, KEYS_QUICK = 300_000, 100_000


async def memory(bench: Bench, quick: bool) -> tuple[Mapping[str, Any], list[Plot]]:
    """The states of a simulated market, kept in many copies, in a process of its own for each kind."""
    records = 3_000 if quick else 20_000
    given = await asyncio.to_thread(partial(loads.make, records))
    line = PlainLine(load(data_dir=bench.folder), given)
    for start in range(0, records, BATCH_RECORDS):
        line.work(start, start + BATCH_RECORDS)
    keys = KEYS_QUICK if quick else KEYS
    subjects = [value for _, value in line.stores["identify"].committed.items()]
    pages = list(line.stores["advance"].committed.items())
    accounts = sum(b"\xff" not in key and b"\xfe" not in key for key, _ in pages)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as alone:
        per_id, per_page = alone.map(resident, (subjects, [value for _, value in pages]), (keys, keys))
    return {
        "mib_per_million_known_ids": round(per_id * 1e6 / 2**20),
        "bytes_per_account": round(per_page * len(pages) / max(1, accounts)),
        "state_bytes_per_known_id": round(sum(map(len, subjects)) / len(subjects)),
    }, []


def resident(values: Iterable[bytes], keys: int) -> float:
    """Resident bytes of a key in a lane's store, its value made anew for each."""
    process, store = psutil.Process(os.getpid()), StateStore()
    gc.collect()
    before = process.memory_info().rss
    for at, value in enumerate(islice(cycle(values), keys)):
        store.apply(b"%032d" % at, bytes(bytearray(value)), at + 1)
    return (process.memory_info().rss - before) / len(store)
