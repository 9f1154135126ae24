"""The classic job on three engines, in turn."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from deploy.local.distribution import cache_dir, kafka_jars
from deploy.local.lock import Jar, KafkaLock, read_lock
from deploy.local.report import Reporter
from tests.bench import kafka
from tests.bench.classic import load
from tests.bench.race import Contestant, Lap, run
from tests.bench.surroundings import Bench

STREAMS_JARS = (
    Jar(
        "org.apache.kafka:kafka-streams:4.3.1",
        "bd73f3805e116f711e8456ee89a8a5b43ff5dcf5a5bb865afae29deae89e7c4b",
        2_277_950,
    ),
    Jar(
        "org.rocksdb:rocksdbjni:10.1.3",
        "e7f925287d9fe2574fb7c7a86f7facaa9b8ab602a2eed0e598bf633528121498",
        72_725_808,
    ),
)
"""What Kafka Streams needs beside the broker's own jars; pinned as those are."""

SECONDS_MAX, RECORDS_A_SECOND_MIN = 150.0, 10_000
"""Who takes longer than the first and is slower than the second is left out."""

ACCOUNTS = 10_000


class Classic:
    """The classic job's contestants on one input.

    Args:
        bench: where to run.
        records, accounts: size of the input.
    """

    def __init__(self, bench: Bench, records: int, accounts: int = ACCOUNTS) -> None:
        self._bench, self._records, self._accounts = bench, records, accounts
        self._source = f"classic.{records}.{accounts}.in"

    async def prepare(self, *, streams: bool = False, made: Iterable[load.Part] | None = None) -> None:
        """Write the input, and compile what must be beside it.

        Args:
            streams: whether Kafka Streams will run.
            made: the input, if it is made already.
        """
        bench = self._bench
        compiling = asyncio.create_task(asyncio.to_thread(classes)) if streams and not why_no_streams() else None
        await kafka.create(bench.bootstrap, {self._source: load.PARTITIONS})
        for part in made or load.records(self._records, self._accounts):
            await kafka.write(bench.bootstrap, self._source, part)
        if compiling is not None:
            await compiling

    async def lap(self, who: str) -> Lap:
        """One run of `ours`, `quix` or `kstreams`.

        Raises:
            BenchError: it did not do its work.
        """
        bench = self._bench
        tag, folder = bench.tag(f"classic-{who}")
        output, changelog = f"{tag}.out", f"{tag}.changelog"
        topics = {output: load.PARTITIONS}
        await kafka.create(bench.bootstrap, topics | {changelog: load.PARTITIONS}, [changelog])
        boot, source, partitions = bench.bootstrap, self._source, str(load.PARTITIONS)
        commands = {
            "ours": lambda: [
                *(sys.executable, "-m", "tests.bench.classic.ours"),
                *(boot, source, output, changelog, tag, partitions, str(folder)),
            ],
            "quix": lambda: [
                *(str(bench.rivals), "-m", "tests.bench.classic.quix"),
                *(boot, source, output, tag, str(folder)),
            ],
            "kstreams": lambda: [
                "java",
                "-Xmx1g",
                "-cp",
                classes(),
                "Streams",
                boot,
                source,
                output,
                tag,
                str(folder),
            ],
        }
        contestant = Contestant(who, commands[who](), dict(os.environ), topics, self._records, folder / "log")
        seconds_max = max(SECONDS_MAX, self._records / RECORDS_A_SECOND_MIN)
        return await run(boot, contestant, seconds_max, bench.quiet_seconds)


def why_no_streams() -> str:
    """Why Kafka Streams is left out; '' if it is not."""
    if shutil.which("javac") is None or shutil.which("java") is None:
        return "no JDK (17 or newer) on this machine: Kafka Streams is left out"
    return ""


def classes() -> str:
    """Class path of the compiled job."""
    reporter = Reporter(None)
    found = [*kafka_jars(reporter), *kafka_jars(reporter, lock=KafkaLock(read_lock().version, STREAMS_JARS, ""))]
    path = ":".join(str(jar) for jar in found)
    source = Path(__file__).with_name("Streams.java")
    return f"{compiled(source, path, cache_dir())}:{path}"


def compiled(source: Path, path: str, cache: Path) -> Path:
    """Folder of the compiled source, kept from one run to the next: `javac` takes as long as a lap.

    Args:
        source: what to compile.
        path: class path it is compiled with.
        cache: where it is kept, by the content of the source and the path, so that a change of either compiles anew.
    """
    which = sha256(source.read_bytes() + path.encode()).hexdigest()[:16]
    home = cache / f"bench-classes-{which}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".compile-", dir=cache, ignore_cleanup_errors=True) as scratch:
            # for the oldest Java that will do: what is kept must run whichever is found next time
            options = ["-nowarn", "--release", "17", "-cp", path, "-d", f"{scratch}/classes"]
            subprocess.run(["javac", *options, str(source)], check=True)
            with suppress(OSError):  # another bench was quicker
                Path(scratch, "classes").rename(home)
    return home
