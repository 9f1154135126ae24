"""The architecture as a test: imports go one way, sizes stay small, stages are what they are said to be."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "schemas": {"schemas"},
    "pipeline": {"schemas", "pipeline"},
    "sinks": {"schemas", "sinks"},
    "agents": {"schemas", "pipeline", "sinks", "agents"},
    "deploy": {"schemas", "pipeline", "sinks", "agents", "deploy"},
}
OWN = set(ALLOWED)
FOREIGN = {
    # who may know what of the outside
    "faust": {"agents"},
    "aiokafka": {"agents", "deploy"},
    "clickhouse_connect": {"sinks", "deploy"},
    "prometheus_client": {"agents", "deploy"},
    "chdb": {"deploy"},
}
FILES = sorted(path for folder in ALLOWED for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    tops = {name.split(".")[0] for name in imports(path)}
    assert tops & OWN <= ALLOWED[folder]
    for library, knowing in FOREIGN.items():
        assert library not in tops or folder in knowing, f"{library} in {folder}"


def test_the_simulator_shares_nothing_with_what_it_tests() -> None:
    for path in (ROOT / "deploy" / "simulate").rglob("*.py"):
        own = {name for name in imports(path) if name.split(".")[0] in OWN}
        strangers = {name for name in own if not name.startswith(("deploy.simulate", "schemas.topics", "schemas.base"))}
        assert not strangers, (path.name, strangers)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 400, "split it by meaning"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_folders_stay_small() -> None:
    for folder in {path.parent for path in FILES}:
        count = len([path for path in folder.glob("*.py") if path.name != "__init__.py"])
        assert count <= 15, f"{folder.relative_to(ROOT)} has {count} files"
