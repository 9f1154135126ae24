"""Have the broker's jars at hand: downloaded once into a cache, checked against the lock file at every start."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents import settings
from deploy.local.filelock import file_lock
from deploy.local.lock import Jar, KafkaLock, read_lock, sha256_of
from deploy.local.report import Reporter
from schemas.errors import LocalStackError

_PARALLEL = 6
_SCRATCH = ".download-"
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 60
_LOCK_WAIT_SECONDS = 900.0


def cache_dir() -> Path:
    """Where downloads are kept: TRIGGERPOINT_CACHE_DIR, else the user's cache folder. Survives `wipe`."""
    return settings.load().cache_dir


def kafka_jars(reporter: Reporter, *, lock: KafkaLock | None = None, cache: Path | None = None) -> list[Path]:
    """Give the broker's jars, downloading those that are missing or damaged.

    Safe with several processes at once. Without anything to download it does not touch the network.

    Args:
        reporter: told of downloads and damage.
        lock: the pinned list; by default the repository's.
        cache: the cache folder; by default `cache_dir()`.

    Raises:
        LocalStackError: a jar cannot be had, or is not the pinned one.
    """
    lock = lock or read_lock()
    home = (cache or cache_dir()) / f"kafka-{lock.version}"
    doing = "downloading Kafka"
    with file_lock(home / ".lock", wait_seconds=_LOCK_WAIT_SECONDS, doing=doing, tell=reporter.line):
        with ThreadPoolExecutor(_PARALLEL) as pool:
            good = list(pool.map(lambda jar: _is_good(home / jar.filename, jar), lock.jars))
        for leftover in home.glob(f"{_SCRATCH}*"):  # of a download that was killed: nobody else is here now
            shutil.rmtree(leftover, ignore_errors=True)
        missing = [jar for jar, ok in zip(lock.jars, good, strict=True) if not ok]
        damaged = [jar.filename for jar in missing if (home / jar.filename).exists()]
        if damaged:
            reporter.line(f"cache {home}: not the pinned files, fetched again: {', '.join(damaged)}")
        if missing:
            _download(missing, home, reporter, f"Kafka {lock.version}")
    return [home / jar.filename for jar in lock.jars]


def _is_good(path: Path, jar: Jar) -> bool:
    return path.exists() and path.stat().st_size == jar.size and sha256_of(path) == jar.sha256


def _download(jars: Sequence[Jar], home: Path, reporter: Reporter, title: str) -> None:
    """Fetch into a scratch folder beside the cache and move each file over when it is proven."""
    with (
        reporter.download(f"downloading {title}, once", sum(jar.size for jar in jars)) as advance,
        tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=home, ignore_cleanup_errors=True) as scratch,
        ThreadPoolExecutor(_PARALLEL) as pool,
    ):
        futures = [pool.submit(_fetch, jar, Path(scratch), home, advance) for jar in jars]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # the first failure says it all: do not try the rest
            raise


def _fetch(jar: Jar, scratch: Path, home: Path, advance: Callable[[int], None]) -> None:
    import requests  # comes with jgo; only whoever downloads pays for the imports

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            context = _repository(scratch / f"{jar.filename}-{attempt}", advance)
            fetched: Path = context.create_dependency(jar.coordinate).artifact.resolve()
        except (requests.RequestException, RuntimeError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
                raise LocalStackError(f"{home} cannot be written: {error}.", "Make room or mend its rights.") from error
            if attempt < _ATTEMPTS:
                continue
            raise LocalStackError(
                f"{jar.coordinate} cannot be downloaded after {attempt} attempts: {error}.",
                "Check the network and the proxy settings; a mirror can be named in jgo's settings file. "
                "What was fetched is kept.",
            ) from error
        found = sha256_of(fetched)
        if found != jar.sha256:
            raise LocalStackError(
                f"{jar.coordinate} is not the pinned file: sha256 is {found}, must be {jar.sha256}.",
                "Nothing of it was used. Find out who altered it (a proxy, a mirror?) before you try again.",
            )
        fetched.replace(home / jar.filename)
        return


def _repository(folder: Path, advance: Callable[[int], None]) -> Any:
    """A fresh repository handle: jgo's own default address, behind the mirrors the user has set for jgo, if any."""
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext, PythonResolver

    guard = threading.Lock()

    @contextmanager
    def progress(filename: str, total: int) -> Iterator[Callable[[int], None]]:
        def update(count: int) -> None:
            with guard:
                advance(count)

        yield update

    context = MavenContext(PythonResolver(progress_callback=progress), repo_cache=folder, timeout=_TIMEOUT_SECONDS)
    context.remote_repos = {**GlobalSettings.load().repositories, **context.remote_repos}
    return context
