"""Dashboards: every query runs on what the product exposes, and every uid is one of a kind."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from deploy.check import promql
from deploy.check.engine import Answer, ask
from deploy.check.macros import expand
from deploy.check.metrics import exposed
from deploy.check.result import Result
from deploy.check.rules import recorded

DASHBOARDS = "deploy/grafana/dashboards"
DATASOURCES = "deploy/grafana/provisioning/datasources/datasources.yaml"
MIGRATIONS = "deploy/clickhouse"
PROMETHEUS = "prometheus"
CLICKHOUSE = "grafana-clickhouse-datasource"
SCHEMA_VERSION_MIN = 41
_TIME_SERIES = 0

Panel = Mapping[str, Any]


def boards_in(root: Path) -> dict[str, dict[str, Any]]:
    """File name -> dashboard."""
    return {path.name: json.loads(path.read_bytes()) for path in sorted((root / DASHBOARDS).glob("*.json"))}


def panels_of(board: Mapping[str, Any]) -> Iterator[Panel]:
    """All panels, also those inside of rows."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", ())


def check_layout(root: Path) -> Result:
    """Uids, panel ids and data sources of the dashboards fit together."""
    boards = boards_in(root)
    problems = [f"uid {uid} is used twice" for uid in _twice(board["uid"] for board in boards.values())]
    sources = yaml.safe_load((root / DATASOURCES).read_text(encoding="utf-8"))["datasources"]
    problems += [f"{DATASOURCES}: uid {uid} is used twice" for uid in _twice(source["uid"] for source in sources)]
    types = {source["uid"]: source["type"] for source in sources}
    for name, board in boards.items():
        problems += [f"{name}: {problem}" for problem in _layout_problems(board, types)]
    return Result("dashboards: uids, ids and data sources", problems, f"{len(boards)} dashboards")


def check_promql(root: Path) -> Result:
    """Every PromQL of the dashboards parses and names what exists."""
    base = exposed()
    series = base | recorded(root, base)
    problems: list[str] = []
    count = 0
    for name, board in boards_in(root).items():
        for panel, target in _targets(board, PROMETHEUS):
            count += 1
            found = promql.problems_of(target["expr"], series)
            found = found or promql.legend_problems(target.get("legendFormat", ""), target["expr"], series)
            problems += [f"{name}, `{panel['title']}`: {problem}" for problem in found]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query" and variable["datasource"]["type"] == PROMETHEUS:
                found = promql.variable_problems(variable["query"]["query"], series)
                problems += [f"{name}, variable {variable['name']}: {problem}" for problem in found]
    return Result("dashboards: PromQL names metrics and labels that exist", problems, f"{count} queries")


def check_sql(root: Path) -> Result:
    """Every SQL of the dashboards runs on the schema that the migrations make."""
    name = "dashboards: SQL runs on the migrated schema"
    places: list[tuple[str, Panel, Mapping[str, Any]]] = []
    queries: list[str] = []
    problems: list[str] = []
    for file, board in boards_in(root).items():
        for panel, target in _targets(board, CLICKHOUSE):
            try:
                queries.append(expand(target["rawSql"]))
            except ValueError as error:
                problems.append(f"{file}, `{panel['title']}`: {error}")
            else:
                places.append((f"{file}, `{panel['title']}`", panel, target))
    try:
        answers = ask(queries, (root / MIGRATIONS).resolve())
    except RuntimeError as error:
        return Result(name, [*problems, str(error)])
    for (place, panel, target), answer in zip(places, answers, strict=True):
        problems += [f"{place}: {problem}" for problem in _answer_problems(panel, target, answer)]
    return Result(name, problems, f"{len(queries)} queries")


def _answer_problems(panel: Panel, target: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    if answer.error:
        yield answer.error
        return
    if target["format"] == _TIME_SERIES and not any(kind.startswith("DateTime") for kind in answer.columns.values()):
        yield "a time series needs a column of type DateTime"
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] == "byName" and matcher["options"] not in answer.columns:
            yield f"an override is for the column {matcher['options']}, which is not in the result"
    axis = panel.get("options", {}).get("xField")
    if axis and axis not in answer.columns:
        yield f"the axis shows the column {axis}, which is not in the result"


def _layout_problems(board: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[str]:
    if board["schemaVersion"] < SCHEMA_VERSION_MIN:
        yield f"schemaVersion {board['schemaVersion']} is an old one"
    yield from (f"panel id {number} is used twice" for number in _twice(panel["id"] for panel in panels_of(board)))
    variables = {v["name"]: v for v in board["templating"]["list"] if v["type"] == "datasource"}
    for name, variable in variables.items():
        uid, kind = variable["current"]["value"], variable["query"]
        if types.get(uid) != kind:
            yield f"variable {name}: {uid} is no provisioned source of type {kind}"
    for panel in panels_of(board):
        for part in (panel, *panel.get("targets", ())):
            source = part.get("datasource")
            variable = variables.get(source["uid"].strip("${}"), {}) if source else {}
            if source and variable.get("query") != source["type"]:
                yield f"`{panel['title']}`: no variable for the data source {source['uid']} of type {source['type']}"


def _targets(board: Mapping[str, Any], source: str) -> Iterator[tuple[Panel, Mapping[str, Any]]]:
    for panel in panels_of(board):
        for target in panel.get("targets", ()):
            if target["datasource"]["type"] == source:
                yield panel, target


def _twice(values: Iterator[Any] | Sequence[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]
