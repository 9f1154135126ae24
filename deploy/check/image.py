"""The image: a Dockerfile that hadolint likes, a context that holds what it needs, and a command that starts in it."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from deploy.check.compose import DOCKERFILE
from deploy.check.result import Result, complaints, venv_tool

LOCK, RUNTIME_LOCK = "requirements.lock", "requirements-runtime.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
_START_WITHOUT = """
import sys

# None stands for a module that is not there: importing it fails, looking for it finds nothing
sys.modules.update(dict.fromkeys({missing!r}))
import deploy.cli.__main__
"""


def check_dockerfile(root: Path) -> Result:
    """Hadolint finds nothing."""
    return Result("Dockerfile passes hadolint", complaints([venv_tool("hadolint"), "--no-color", DOCKERFILE], root))


def check_context(root: Path) -> Result:
    """.dockerignore lets in what the wheel is made of, and what the Dockerfile names."""
    lines = (root / ".dockerignore").read_text(encoding="utf-8").split()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    needed = packages | {"pyproject.toml", LOCK, RUNTIME_LOCK}
    problems = [f".dockerignore keeps out {name}" for name in sorted(needed - let_in)]
    problems += [f"{name} does not exist" for name in sorted(needed) if not (root / name).exists()]
    if "*" not in lines:
        problems.append(".dockerignore must keep out everything by `*` first: data and secrets lie in the checkout")
    return Result("build context holds what the image is made of", problems)


def check_command(root: Path) -> Result:
    """`triggerpoint` starts with what requirements-runtime.lock installs, and nothing else."""
    full, runtime = pins(root / LOCK), pins(root / RUNTIME_LOCK)
    absent = {
        module
        for module, distributions in packages_distributions().items()
        if all(normal(name) in full and normal(name) not in runtime for name in distributions)
    }
    found = complaints([sys.executable, "-c", _START_WITHOUT.format(missing=sorted(absent))], root)
    places = [line.strip() for line in found if line.lstrip().startswith('File "') and str(root.resolve()) in line]
    problems = [f"{found[-1]}, wanted by {places[-1] if places else 'the command'}"] if found else []
    return Result("`triggerpoint` starts with the packages of the image", problems, f"without {len(absent)} others")


def pins(lock: Path) -> dict[str, str]:
    """Package -> version of a lock file."""
    return {normal(name): version for name, version in _PIN.findall(lock.read_text(encoding="utf-8"))}


def normal(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
