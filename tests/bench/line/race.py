"""The whole line four ways, in turn."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import psutil

from agents import topics
from agents.settings import PREFIX, Settings, load
from deploy.local import ports
from schemas.topics import ACCOUNTS, ACTIVITIES, ALERTS, CATALOGUE, EVENTS, IDENTITY, REJECTED, TRANSITIONS
from tests.bench import kafka
from tests.bench.line import load as loads
from tests.bench.line.outcome import SAID, agreement, by_kind, standing
from tests.bench.line.verbs import STAGES
from tests.bench.race import BenchError, Contestant, Lap, cpu_seconds, kill, run, stop
from tests.bench.surroundings import ROOT, Bench

PARTITIONS = 1
"""One process works all of it: more would only cut its work into more transactions. What they cost is a figure of its
own (`FIGURES=partitions`)."""

ALL: Mapping[str, float] = {}
SECONDS_MAX, RATE_MIN = 300.0, 200.0
"""A lap ends after so long, or at so many records a second, whichever is longer."""

QUIET_AFTER_SECONDS = 4.0
RESTS_SHARE = 0.3
"""A worker rests that uses less of a core: watermark, lag and timers of many lanes take a tenth, work all of it."""

READY_SECONDS = 300.0
WATCHED = (EVENTS, REJECTED, IDENTITY, ACTIVITIES, TRANSITIONS, *ALERTS.values())


class WholeLine:
    """The line's contestants on one input.

    Args:
        bench: where to run.
        records: size of the input.
        partitions: of every topic.
        companies: of the simulated market; by the records if none is given.
        database: where the archive writes, if it runs.
        shares: who gets only so much of the input, since it would take too long.
    """

    def __init__(
        self,
        bench: Bench,
        records: int,
        partitions: int = PARTITIONS,
        companies: int | None = None,
        database: str = "triggerpoint",
        shares: Mapping[str, float] = ALL,
    ) -> None:
        self.bench, self.records, self._partitions = bench, records, partitions
        self._database = database
        self._counts = {who: int(records * share) for who, share in shares.items()}
        self._load = loads.make(records, companies=companies)
        self._file = bench.folder / f"load-{records}-{partitions}-{companies}"
        loads.save(self._load, self._file)
        self._expected: dict[int, set[str]] = {}  # what stands after so many records

    @property
    def traffic(self) -> list[tuple[str, bytes | None, bytes, int]]:
        """Input topic, key, value and sending time of each record."""
        return self._load.traffic

    async def worker(
        self, settings: Settings, folder: Path, stages: tuple[str, ...] = STAGES
    ) -> tuple[asyncio.subprocess.Process, Path]:
        """A worker that is ready, and its log.

        Raises:
            BenchError: it does not get ready.
        """
        environment, log = self.environment(settings), folder / "worker.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "deploy.cli", "worker", *stages),
                env=os.environ | environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            if await _ready(process, f"http://127.0.0.1:{environment[PREFIX + 'METRICS_PORT']}/readyz"):
                return process, log
        except asyncio.CancelledError:
            await kill(process)
            raise
        await stop(process)
        raise BenchError(f"the worker does not get ready; its log ends: {log.read_text()[-1500:]}")

    async def worked(self, settings: Settings, workers: Sequence[asyncio.subprocess.Process]) -> float:
        """Return when nothing new has come out for a while and the workers rest: a batch may take a busy machine
        seconds. Gives the moment (`time.monotonic`) at which the last came out.

        Raises:
            TimeoutError: it goes on and on.
        """
        outputs = {settings.topics.name(topic): self._partitions for topic in WATCHED}
        seen = [psutil.Process(worker.pid) for worker in workers]
        idle_seconds = RESTS_SHARE * QUIET_AFTER_SECONDS * len(seen)
        async with kafka.ends_of(self.bench.bootstrap, outputs) as ends, asyncio.timeout(SECONDS_MAX):
            before, spent = -1, 0.0
            last = busy = time.monotonic()
            while time.monotonic() - max(last, busy) < QUIET_AFTER_SECONDS:
                if (total := await ends.total()) != before:
                    before, last = total, time.monotonic()
                if (used := sum(map(cpu_seconds, seen))) - spent > idle_seconds:
                    spent, busy = used, time.monotonic()
                await asyncio.sleep(0.1)
            return last

    async def lap(self, who: str, stages: tuple[str, ...] = STAGES, compare: bool = True) -> Lap:
        """One run of `ours`, `faust`, `quix` or `plain`.

        Args:
            who: which.
            stages: of our worker.
            compare: whether what stands at its end is held against the plain loop's, which takes as long again.

        Raises:
            BenchError: it did not do its work.
        """
        bench, count = self.bench, self._counts.get(who, self.records)
        if who == "plain":
            return await self._plain()
        tag, folder = bench.tag(f"line-{who}")
        settings = await self.prepared(f"{tag}.", str(folder), count)
        names = settings.topics
        outputs = {names.name(topic): self._partitions for topic in WATCHED}
        if who == "quix":  # its stages read topics of their own, see there
            merged = {f"{tag}.quix.{stage}": self._partitions for stage in STAGES[1:]}
            # it would make them itself, a second each
            changelogs = {f"changelog__{tag}.quix--{topic}--default": self._partitions for topic in merged}
            await kafka.create(bench.bootstrap, merged | changelogs, compacted=changelogs)
            outputs |= merged
        arguments = [bench.bootstrap, f"{tag}.", str(folder), str(self._file), str(self._partitions)]
        commands = {
            "ours": [sys.executable, "-m", "deploy.cli", "worker", *stages],
            "faust": [sys.executable, "-m", "tests.bench.line.faust_line", *arguments],
            "quix": [str(bench.rivals), "-m", "tests.bench.line.quix_line", *arguments],
        }
        contestant = Contestant(
            who, commands[who], os.environ | self.environment(settings), outputs, count, folder / "log"
        )
        seconds_max = max(SECONDS_MAX, count / RATE_MIN)
        found = await run(bench.bootstrap, contestant, seconds_max, bench.quiet_seconds)
        if not compare:
            return found
        if not self._expected:
            await self._plain()
        said = [names.name(topic) for topic in SAID.values()]
        if who == "quix":
            said += [f"{tag}.quix.{stage}" for stage in ("advance", "dispatch")]
        records = await kafka.read_all(bench.bootstrap, dict.fromkeys(said, self._partitions))
        values = [record.value for record in records]
        wanted = [value for value in values if value[:1] == b"{" or value.partition(b"\n")[0].decode() in said]
        stands = standing(wanted)
        return replace(found, agreement=agreement(stands, self._expected[count]), standing=by_kind(stands))

    async def prepared(self, prefix: str, folder: str, count: int) -> Settings:
        """Topics under a prefix of their own, with directory and traffic in them."""
        bench = self.bench
        settings = load(
            bootstrap_servers=bench.bootstrap,
            clickhouse_url=bench.clickhouse_url,
            clickhouse_database=self._database,
            topic_prefix=prefix,
            partitions=self._partitions,
            data_dir=folder,
        )
        # the traffic is of ten days, so here it brings its own time; stamped by the broker all of it would be late
        inputs = {settings.topics.name(topic): self._partitions for topic in CATALOGUE if topic.input}
        await kafka.create(bench.bootstrap, inputs)
        admin = await topics.connect_admin(settings)
        try:
            await topics.create_missing(admin, settings)
        finally:
            await admin.close()
        directory = {0: [(key, value, None) for key, value in self._load.directory]}
        await kafka.write(bench.bootstrap, settings.topics.name(ACCOUNTS), directory)
        for topic, records in self._load.by_partition(prefix, self._partitions, count).items():
            await kafka.write(bench.bootstrap, topic, records)
        return settings

    def environment(self, settings: Settings) -> dict[str, str]:
        """A worker's settings as its environment."""
        given = {
            "bootstrap_servers": settings.bootstrap_servers,
            "clickhouse_url": settings.clickhouse_url.get_secret_value(),
            "clickhouse_database": settings.clickhouse_database,
            "topic_prefix": settings.topic_prefix,
            "partitions": str(self._partitions),
            "data_dir": str(settings.data_dir),
            "clock": settings.clock,
            "metrics_port": str(ports.choose_port("metrics", asked=None, wishes=())),
        }
        return {PREFIX + name.upper(): value for name, value in given.items()}

    async def _plain(self) -> Lap:
        counts = map(str, {self.records, *self._counts.values()})
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.line.plain", str(self.bench.folder), str(self._file), *counts),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), SECONDS_MAX)
        if process.returncode:
            raise BenchError(f"the plain loop ended with {process.returncode}")
        found = json.loads(out.decode().splitlines()[-1])
        self._expected = {int(count): set(stands) for count, stands in found.pop("standing").items()}
        standing_at_end = by_kind(self._expected[self.records])
        return replace(Lap(0, 0, 0, 0), **found, agreement=1.0, standing=standing_at_end)


async def _ready(process: asyncio.subprocess.Process, url: str) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while time.monotonic() < deadline and process.returncode is None:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return True
            await asyncio.sleep(0.1)
    return False
