"""Checks that read files as text: YAML, lock files, and what must stand in no file at all."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

from deploy.check.image import LOCK, RUNTIME_LOCK, pins
from deploy.check.result import Result, complaints, venv_tool

CONFIG = Path(__file__).with_name("yamllint.yaml")
SKIPPED = {".git", ".venv", ".data", "node_modules"}
REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|crates|maven)\.(?:org|com|io)\b"
    r"|\bmaven\.apache\.org\b|\b(?:deb|security)\.debian\.org\b|\bproxy\.golang\.org\b"
    r"|\b(?:index|find)[-_](?:url|links)\s*=",
    re.IGNORECASE,
)
"""Hosts of package registries, and settings that name one: which registry is used is the machine's to say."""

TEXT_BYTES_MAX = 2_000_000


def check_yaml(root: Path) -> Result:
    """YAML files parse and pass yamllint."""
    files = [path for path in sorted((root / "deploy").rglob("*.y*ml")) if not SKIPPED & set(path.parts)]
    problems: list[str] = []
    for path in files:
        try:
            list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            problems.append(f"{path.relative_to(root)}: {error}")
    names = [str(path.relative_to(root)) for path in files]
    problems += complaints([venv_tool("yamllint"), "--strict", "--format", "parsable", "-c", str(CONFIG), *names], root)
    return Result("YAML files parse and pass yamllint", problems, f"{len(files)} files")


def check_locks(root: Path) -> Result:
    """Lock files hold no address, and the runtime one pins what the full one pins."""
    full, runtime = pins(root / LOCK), pins(root / RUNTIME_LOCK)
    problems = [
        f"{RUNTIME_LOCK} has {name} {version}, {LOCK} has {full.get(name, 'none')}; run `make lock`"
        for name, version in runtime.items()
        if full.get(name) != version
    ]
    for file in (LOCK, RUNTIME_LOCK):
        text = (root / file).read_text(encoding="utf-8")
        if "://" in text:
            problems.append(f"{file} holds an address")
        if text.count("--hash=sha256:") < len(pins(root / file)):
            problems.append(f"{file} has packages without a hash")
    note = f"{len(runtime)} packages in the image"
    return Result("lock files agree, have hashes and hold no address", problems, note)


def check_hosts(root: Path) -> Result:
    """No file that git has, or would take, names a registry's host."""
    name = "no file names a package registry's host"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        return Result(name, note="LEFT OUT: this is no git checkout")
    paths = [root / file for file in listed.stdout.split("\0") if file]
    own = Path(__file__).resolve()
    problems = [problem for path in paths if path.resolve() != own for problem in _named_in(path, root)]
    return Result(name, problems, f"{len(paths)} files")


def _named_in(path: Path, root: Path) -> Iterator[str]:
    if not path.is_file() or path.stat().st_size > TEXT_BYTES_MAX:
        return
    text = path.read_bytes().decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        match = REGISTRY.search(line)
        if match:
            yield f"{path.relative_to(root)}:{number} names {match[0]}"
