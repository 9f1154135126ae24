"""compose.yaml: fits the compose specification, listens on loopback only, mounts what exists, sets what can be set."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from jsonschema.validators import validator_for  # type: ignore[import-untyped]

from agents.settings import PREFIX, Settings, load
from deploy.check.result import Result
from schemas.errors import SettingsError

COMPOSE = "deploy/compose.yaml"
DOCKERFILE = "deploy/Dockerfile"
LOOPBACK = ("127.0.0.1:", "[::1]:")
_SETTING = re.compile(rf"\b{PREFIX}[A-Z0-9_]+\b")
_INTERPOLATED = re.compile(r"\$(?:(\$)|\{(\w+)(?::?([-?])([^}]*))?\})")


def read(root: Path) -> dict[str, Any]:
    """The file with its anchors and merges resolved, as the engine sees it."""
    document: dict[str, Any] = yaml.safe_load((root / COMPOSE).read_text(encoding="utf-8"))
    return document


def check_schema(root: Path) -> Result:
    """The file fits the compose specification that check-jsonschema carries.

    The tool itself is not run: it needs a newer click than Faust allows.
    """
    # found without an import, which would start the tool
    spec = find_spec("check_jsonschema")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    schema = json.loads(
        (Path(spec.submodule_search_locations[0]) / "builtin_schemas" / "vendor" / "compose-spec.json").read_bytes()
    )
    errors = validator_for(schema)(schema).iter_errors(read(root))
    problems = [f"{COMPOSE}: {'/'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]
    return Result("compose.yaml fits the compose specification", problems)


def check_surroundings(root: Path) -> Result:
    """Ports are published on loopback only, mounted files exist, and no image floats."""
    document = read(root)
    problems: list[str] = []
    for name, service in document["services"].items():
        problems += [f"{name}: {problem}" for problem in _service_problems(service, (root / COMPOSE).parent)]
        for other, wish in service.get("depends_on", {}).items():
            waited = document["services"].get(other)
            if waited is None:
                problems.append(f"{name}: waits for {other}, which is no service")
            elif wish["condition"] == "service_healthy" and not waited.get("healthcheck", {}).get("test"):
                problems.append(f"{name}: waits until {other} is healthy, which has no healthcheck")
    note = f"{len(document['services'])} services"
    return Result("compose.yaml: loopback only, pinned images, mounts and waits exist", problems, note)


def check_settings(root: Path) -> Result:
    """Every TRIGGERPOINT_ variable in compose.yaml and the Dockerfile is a setting, and takes the value given there."""
    problems: list[str] = []
    for file in (COMPOSE, DOCKERFILE):
        named = sorted(set(_SETTING.findall((root / file).read_text(encoding="utf-8"))))
        unknown = [name for name in named if name.removeprefix(PREFIX).lower() not in Settings.model_fields]
        problems += [f"{file}: {name} is no setting of agents/settings.py" for name in unknown]
    for name, service in read(root)["services"].items():
        try:
            load(**{key.removeprefix(PREFIX).lower(): value for key, value in _own_settings(service)})
        except SettingsError as error:
            problems.append(f"{COMPOSE}, service {name}: {error.what}")
    return Result("settings in compose.yaml and Dockerfile exist and take their values", problems)


def _own_settings(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in service.get("environment", {}).items():
        if key.startswith(PREFIX):
            yield key, interpolate(str(value))


def interpolate(text: str) -> str:
    """A value with its variables at their defaults; those without one become a word."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        return match[4] if match[3] == "-" else "given"

    return _INTERPOLATED.sub(value, text)


def _service_problems(service: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for port in service.get("ports", ()):
        if not str(port).startswith(LOOPBACK):
            yield f"port {port} is published on all addresses; write 127.0.0.1:{port}"
    tag = interpolate(service["image"]).rpartition(":")[2]
    if tag == "latest" or ":" not in service["image"]:
        yield f"image {service['image']} has no fixed tag"
    for volume in service.get("volumes", ()):
        source = str(volume).partition(":")[0]
        if source.startswith(".") and not (folder / source).exists():
            yield f"mounts {source}, which does not exist"
