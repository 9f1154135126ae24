"""Networks from files: holders of addresses, a customer's IP database, the operator's own lists of ranges."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path

import maxminddb
import structlog

from agents.networks.kept import kept_data, whole_files
from agents.settings import NO_DATA, Settings
from pipeline.identity.asn import AsnTable
from pipeline.identity.listed import listed_kind, read_ranges
from pipeline.identity.networks import NO_NETWORKS, Lookup, Networks
from pipeline.identity.ranges import Range, RangeTable
from pipeline.lists.crawlers import is_crawler
from schemas.errors import RecordError, SettingsError
from schemas.event import NetworkKind

log = structlog.get_logger()


def networks_of(settings: Settings) -> Networks:
    """Networks of the settings; holders of addresses are of `asn_file`, else what `triggerpoint data update` keeps.

    Raises:
        SettingsError: a file cannot be read.
    """
    return load_networks(settings.asn_file, settings.mmdb_file, settings.ranges_file, settings.cache_dir)


def load_networks(
    asn_files: str, mmdb_file: Path | None, ranges_files: str = "", cache: Path | None = None
) -> Networks:
    """Networks of the files given.

    Args:
        asn_files: CSV files `start,end,asn,holder`, by comma (IPv4 and IPv6 may lie apart); if empty those
            of the cache, if `none` none.
        mmdb_file: a customer's own IP database.
        ranges_files: lists of lines `cidr,kind`, or `kind=file` of bare ranges, by comma.
        cache: where `triggerpoint data update` keeps its files; None to do without.

    Raises:
        SettingsError: a file cannot be read.
    """
    asn = _asn(*asn_files_of(asn_files, cache))
    lookup, database = _database(mmdb_file) if mmdb_file else (None, "")
    lists, build = _lists(_parts(ranges_files))
    return Networks(asn, lookup, database, lists, build)


def asn_files_of(given: str, cache: Path | None) -> tuple[list[Path], str]:
    """The files to read and the build they are: the one rule of where holders of addresses come from.

    Raises:
        SettingsError: what is kept is damaged.
    """
    if given.strip() == NO_DATA:
        return [], ""
    if paths := [Path(part) for part in _parts(given)]:
        return paths, "+".join(_stamp("TRIGGERPOINT_ASN_FILE", path) for path in paths)
    kept = kept_data(cache) if cache else None
    if cache is None or kept is None:
        return [], ""
    return list(whole_files(cache, kept)), kept.build


def lines_of(paths: Iterable[Path]) -> Iterator[str]:
    """All lines of files, one after the other, so that no file need fit into memory."""
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from lines


def _asn(paths: list[Path], build: str) -> AsnTable | None:
    if not paths:
        return None
    try:
        return AsnTable(lines_of(paths), build)
    except RecordError as error:
        raise SettingsError(f"{', '.join(map(str, paths))}: {error.what}", error.mend) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{', '.join(map(str, paths))} cannot be read: {error}.", _ASN_MEND) from error


def _lists(parts: list[str]) -> tuple[RangeTable | None, str]:
    if not parts:
        return None, ""
    ranges: list[Range] = []
    builds: list[str] = []
    for part in parts:
        named, equals, file = part.rpartition("=")
        path = Path(file)
        try:
            of_all = listed_kind(named) if equals else NetworkKind.UNKNOWN
        except ValueError:
            kinds = ", ".join(kind for kind in NetworkKind if kind)
            raise SettingsError(f"TRIGGERPOINT_RANGES_FILE: `{named}` is no kind.", f"Kinds are {kinds}.") from None
        builds.append(_stamp("TRIGGERPOINT_RANGES_FILE", path))
        with ExitStack() as stack:
            try:
                ranges += read_ranges(stack.enter_context(path.open(encoding="utf-8-sig")), of_all)
            except RecordError as error:
                raise SettingsError(f"TRIGGERPOINT_RANGES_FILE {path}: {error.what}", error.mend) from error
            except UnicodeDecodeError as error:
                raise SettingsError(f"TRIGGERPOINT_RANGES_FILE {path} is no text: {error}.", _LIST_MEND) from error
    return RangeTable(ranges), "+".join(builds)


def _database(path: Path) -> tuple[Lookup, str]:
    try:
        reader = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise SettingsError(
            f"TRIGGERPOINT_MMDB_FILE {path} cannot be read: {error}.", "Name an MMDB file with companies."
        ) from error
    meta = reader.metadata()

    def lookup(address: str) -> dict[str, object] | None:
        try:
            found = reader.get(address)
        except ValueError:  # an IPv6 address in a file of IPv4
            return None
        return found if isinstance(found, dict) else None

    return lookup, f"{meta.database_type}@{meta.build_epoch}"


def _stamp(setting: str, path: Path) -> str:
    """A file's name and a short checksum: the build of data that have no version."""
    try:
        with path.open("rb") as file:
            return f"{path.name}@{hashlib.file_digest(file, lambda: blake2b(digest_size=4)).hexdigest()}"
    except OSError as error:
        mend = _ASN_MEND if "ASN" in setting else _LIST_MEND
        raise SettingsError(f"{setting} {path} cannot be read: {error.strerror}.", mend) from error


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


_ASN_MEND = "Name the CSV files of @ip-location-db/asn, or run `triggerpoint data update`."
_LIST_MEND = "Name text files of lines `cidr,kind`."


def networks_for(settings: Settings, stages: Iterable[str]) -> Networks:
    """The data of a worker, said in its log; none where no stage of it asks."""
    if not {"ingest", "identify"} & set(stages):
        return NO_NETWORKS
    is_crawler("")  # makes its index now: half a second the first event would wait
    networks = networks_of(settings)
    log.info(
        "networks",
        asn=networks.asn.build if networks.asn else "none (`triggerpoint data update`, TRIGGERPOINT_ASN_FILE)",
        ranges=len(networks.asn) if networks.asn else 0,
        database=networks.database_build or "none given (TRIGGERPOINT_MMDB_FILE)",
        lists=networks.lists_build or "none given (TRIGGERPOINT_RANGES_FILE)",
    )
    return networks
