"""The network data that `triggerpoint data update` keeps in the cache: which version, from where, and whether whole."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from schemas.base import Record
from schemas.errors import SettingsError

ATTRIBUTION = (
    "Network data: IP Geolocation by DB-IP (https://db-ip.com), RouteViews (routeviews.org), NRO (nro.net); CC BY 4.0"
)
"""The licence of `@ip-location-db/asn` asks for it wherever results of the data are shown, with the link."""

MANIFEST = "current.json"


class KeptFile(Record):
    """One file of the data."""

    name: str
    sha256: str
    size: int


class Kept(Record):
    """What is kept: the content of the manifest, which changes in one step when all files are there."""

    build: str
    """What answers that rest on it name: name@version."""

    source: str
    """`npm`, or `file`."""

    integrity: str = ""
    """Checksum of the package, as its registry states it; '' where single files were given."""

    fetched_at: str
    ranges: int
    folder: str
    """Beside the manifest."""

    files: tuple[KeptFile, ...]


def home_of(cache: Path) -> Path:
    """Where network data lie within the cache."""
    return cache / "networks"


def kept_data(cache: Path) -> Kept | None:
    """What is kept, by its manifest; None if nothing is.

    Raises:
        SettingsError: the manifest cannot be read.
    """
    manifest = home_of(cache) / MANIFEST
    try:
        return Kept.model_validate_json(manifest.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise SettingsError(f"{manifest} cannot be read: {type(error).__name__}.", _MEND) from error


def whole_files(cache: Path, kept: Kept) -> Iterator[Path]:
    """The files of kept data, each checked against its checksum before it is given.

    Raises:
        SettingsError: a file is missing or is not what was fetched.
    """
    for file in kept.files:
        path = home_of(cache) / kept.folder / file.name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}.", _MEND) from error
        if found != file.sha256:
            raise SettingsError(f"{path} is damaged: it is not the file that was fetched.", _MEND)
        yield path


def sha256_of(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_MEND = "Run `triggerpoint data update`, or set TRIGGERPOINT_ASN_FILE."
