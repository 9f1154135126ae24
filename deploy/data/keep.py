"""Keep network data in the cache: proven first, then put in place in one step: a crash never leaves half of it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agents.networks import Kept, KeptFile, kept_data
from agents.networks.kept import MANIFEST, home_of, sha256_of, whole_files
from agents.networks.load import lines_of
from deploy.data import archive, npm
from deploy.local.filelock import file_lock
from deploy.local.report import Reporter
from pipeline.identity.asn import AsnTable
from schemas.errors import DataError, RecordError, SettingsError

_SCRATCH = ".fetch-"
_LOCK_WAIT_SECONDS = 900.0


def update(cache: Path, version: str, reporter: Reporter) -> tuple[Kept, bool]:
    """Have a version of the package at hand; gives what is kept, and whether it is new.

    A version that is there whole is not fetched again; a tag such as `latest` is always asked for.

    Raises:
        DataError: it cannot be had, or is not what it should be; what was kept before stays.
    """
    with _alone(cache, reporter):
        if (found := _whole(cache)) and found.build == f"{npm.PACKAGE}@{version}":
            return found, False

        def files(scratch: Path) -> tuple[list[Path], str, str]:
            package = npm.fetch(version, scratch, reporter)
            return (
                archive.unpack(package.path, scratch, reporter),
                f"{package.name}@{package.version}",
                package.integrity,
            )

        return _kept(cache, "npm", files, reporter), True


def take(cache: Path, given: Sequence[Path], reporter: Reporter) -> Kept:
    """Keep a package that was fetched by other means, or single tables.

    Raises:
        DataError: they cannot be read, or are not network data; what was kept before stays.
    """

    def files(scratch: Path) -> tuple[list[Path], str, str]:
        if len(given) == 1 and archive.is_archive(given[0]):
            build, integrity = archive.named(given[0]), npm.integrity_of(given[0])
            npm.check_pin(build, integrity)
            return archive.unpack(given[0], scratch, reporter), build, integrity
        tables = archive.copy(given, scratch)
        return tables, "+".join(f"{path.name}@{sha256_of(path)[:8]}" for path in tables), ""

    with _alone(cache, reporter):
        return _kept(cache, "file", files, reporter)


def _kept(cache: Path, source: str, files: Callable[[Path], tuple[list[Path], str, str]], reporter: Reporter) -> Kept:
    home = home_of(cache)
    try:
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=home, ignore_cleanup_errors=True) as scratch:
            tables, build, integrity = files(Path(scratch))
            with reporter.working(f"checking {build}"):
                ranges = _ranges(tables, build)
            described = tuple(
                KeptFile(name=path.name, sha256=sha256_of(path), size=path.stat().st_size) for path in tables
            )
            content = Path(scratch) / "content"
            content.mkdir()
            licences = [path for name in archive.LICENCES if (path := Path(scratch) / name).exists()]
            for path in (*tables, *licences):
                path.replace(content / path.name)
            made = Kept(
                build=build,
                source=source,
                integrity=integrity,
                fetched_at=datetime.now(UTC).isoformat(timespec="seconds"),
                ranges=ranges,
                # never the name of a folder somebody may be reading now
                folder=Path(tempfile.mkdtemp(prefix="data-", dir=home)).name,
                files=described,
            )
            content.replace(home / made.folder)
            manifest = Path(scratch) / MANIFEST
            manifest.write_bytes(made.encode())
            before = _manifest(cache)
            manifest.replace(home / MANIFEST)  # the one step
    except OSError as error:
        raise DataError(
            f"{home} cannot be written: {error.strerror or error}.", "Make room or mend its rights."
        ) from error
    _sweep(home, {made.folder, *([before.folder] if before else [])})
    return made


def _ranges(tables: Sequence[Path], build: str) -> int:
    try:
        count = len(AsnTable(lines_of(tables), build))
    except (RecordError, UnicodeDecodeError) as error:
        raise DataError(f"{build} is not network data: {error}", "What was kept before stays.") from error
    if not count:
        raise DataError(f"{build} has no ranges.", "What was kept before stays.")
    return count


def _whole(cache: Path) -> Kept | None:
    found = _manifest(cache)
    try:
        return found if found and list(whole_files(cache, found)) else None
    except SettingsError:
        return None


def _manifest(cache: Path) -> Kept | None:
    try:
        return kept_data(cache)
    except SettingsError:
        return None  # about to be replaced


def _sweep(home: Path, keep: set[str]) -> None:
    """Delete what nobody needs; the data before the newest stay, since a worker may just be reading them."""
    for folder in home.glob("data-*"):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(cache: Path, reporter: Reporter) -> Iterator[None]:
    home = home_of(cache)
    doing = "updating network data"
    with file_lock(home / ".lock", wait_seconds=_LOCK_WAIT_SECONDS, doing=doing, tell=reporter.line):
        for leftover in home.glob(f"{_SCRATCH}*"):  # of one that was killed: nobody else is here now
            shutil.rmtree(leftover, ignore_errors=True)
        yield
