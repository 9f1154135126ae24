"""Address data from files: opened once at start-up; without them the steps that need them say so and go on."""

from hashlib import blake2b
from pathlib import Path

import maxminddb

from pipeline.identity.asn import AsnTable
from pipeline.identity.networks import Lookup, Networks
from schemas.errors import RecordError, SettingsError


def load_networks(asn_files: str, mmdb_file: Path | None) -> Networks:
    """Networks of the files given.

    Args:
        asn_files: CSV files `start,end,asn,holder`, by comma (IPv4 and IPv6 may lie apart); none if empty.
        mmdb_file: a customer's own IP database.

    Raises:
        SettingsError: a file cannot be read.
    """
    paths = [Path(part.strip()) for part in asn_files.split(",") if part.strip()]
    asn = _asn(paths) if paths else None
    if mmdb_file is None:
        return Networks(asn)
    lookup, build = _database(mmdb_file)
    return Networks(asn, lookup, build)


def _asn(paths: list[Path]) -> AsnTable:
    texts: list[str] = []
    builds: list[str] = []
    for path in paths:
        try:
            content = path.read_bytes()
            texts.append(content.decode())
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"TRIGGERPOINT_ASN_FILE {path} cannot be read: {error}.", "Name the CSV files of @ip-location-db/asn."
            ) from error
        builds.append(f"{path.name}@{blake2b(content, digest_size=4).hexdigest()}")
    try:
        return AsnTable((line for text in texts for line in text.splitlines()), "+".join(builds))
    except RecordError as error:
        raise SettingsError(f"TRIGGERPOINT_ASN_FILE: {error.what}", error.mend) from error


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
