"""The files of a package that are needed, out of its archive."""

import json
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.local.report import Reporter
from schemas.errors import DataError

TABLES = ("asn-ipv4-num.csv", "asn-ipv6-num.csv")
LICENCES = ("DBIP-LICENSE", "ROUTEVIEWS-LICENSE", "NRO_LICENSE", "MODIFICATIONS")
BYTES_MAX = 500_000_000
"""Of one file: an archive may claim to hold anything."""

_ROOT = "package/"


def is_archive(path: Path) -> bool:
    """Whether a file is a package, and not a table."""
    return path.name.endswith((".tgz", ".tar.gz"))


def unpack(archive: Path, into: Path, reporter: Reporter) -> list[Path]:
    """Take the tables and their licences out of a package; gives the tables.

    Raises:
        DataError: the file is no such package.
    """
    try:
        with tarfile.open(archive, "r:gz") as package:
            members = {name: package.getmember(_ROOT + name) for name in TABLES}
            present = set(package.getnames())
            members |= {name: package.getmember(_ROOT + name) for name in LICENCES if _ROOT + name in present}
            total = sum(member.size for member in members.values())
            with reporter.download(f"unpacking {archive.name}", total) as advance:
                for name, member in members.items():
                    _write(package, member, into / name)
                    advance(member.size)
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise DataError(f"{archive} is not a package of network data: {error}.", _MEND) from error
    return [into / name for name in TABLES]


def named(archive: Path) -> str:
    """`name@version` of a package, by what it says of itself.

    Raises:
        DataError: it says nothing.
    """
    try:
        with tarfile.open(archive, "r:gz") as package, _opened(package, f"{_ROOT}package.json") as file:
            said = json.loads(file.read(100_000))
        return f"{said['name']}@{said['version']}"
    except (OSError, EOFError, KeyError, TypeError, ValueError, tarfile.TarError) as error:
        raise DataError(f"{archive} is not a package of network data: {error}.", _MEND) from error


def copy(files: Iterable[Path], into: Path) -> list[Path]:
    """Copies of single files.

    Raises:
        DataError: one cannot be read, or two have the same name.
    """
    made: list[Path] = []
    for file in files:
        target = into / file.name
        if target in made:
            raise DataError(f"Two files are named {file.name}.", "Give them different names.")
        try:
            shutil.copyfile(file, target)
        except OSError as error:
            raise DataError(f"{file} cannot be read: {error.strerror}.", _MEND) from error
        made.append(target)
    return made


def _write(package: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.size > BYTES_MAX:
        raise tarfile.TarError(f"{member.name} has {member.size} bytes")
    with _opened(package, member) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _opened(package: tarfile.TarFile, member: str | tarfile.TarInfo) -> Any:
    file = package.extractfile(member)
    if file is None:
        raise tarfile.TarError(f"{member} is no file")
    return file


_MEND = "Give asn-ipv4-num.csv and asn-ipv6-num.csv, or the package (.tgz) of @ip-location-db/asn."
