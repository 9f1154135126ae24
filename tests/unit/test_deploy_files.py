"""The deployment pieces fit the product, and each check of `deploy.check` can fail."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.check import compose, dashboards, files, image, promql, rules
from deploy.check.__main__ import CHECKS, guarded
from deploy.check.macros import expand
from deploy.check.metrics import exposed
from deploy.check.result import ROOT, Result, complaints

COPIED = ("deploy/prometheus", "deploy/grafana", "deploy/clickhouse", "deploy/compose.yaml", "deploy/Dockerfile")
TOP = (".dockerignore", "pyproject.toml", "requirements.lock", "requirements-runtime.lock")
OPERATIONS, JOURNEYS = "deploy/grafana/dashboards/operations.json", "deploy/grafana/dashboards/journeys.json"
RULES, COMPOSE, RUNTIME = rules.RULES, compose.COMPOSE, image.RUNTIME_LOCK


@pytest.fixture
def pieces(tmp_path: Path) -> Path:
    """A copy of the pieces, to be spoilt."""
    for name in (*COPIED, *TOP):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    for package in ("schemas", "pipeline", "agents", "sinks"):
        (tmp_path / package).mkdir()
    return tmp_path


def spoil(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r} to be spoilt"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


SHIPPED = [
    pytest.param(
        check,
        id=check.__name__,
    )
    for check in CHECKS
]


@pytest.mark.parametrize("check", SHIPPED)
def test_shipped_pieces_pass(check: Callable[[Path], Result]) -> None:
    assert not check(ROOT).problems


def test_copied_pieces_pass_too(pieces: Path) -> None:
    # so that a failure below comes from what was spoilt
    for check in (compose.check_surroundings, compose.check_settings, rules.check_rules, dashboards.check_promql):
        assert not check(pieces).problems


Fault = tuple[Callable[[Path], Result], str, str, str, str]
# fmt: off
FAULTS: list[Fault] = [
    # check, file, what stands there, what is put there | what must be told
    (compose.check_schema, COMPOSE, "    command: [worker, --supervised]", "    comand: [worker]", "comand"),
    (compose.check_surroundings, COMPOSE, "- 127.0.0.1:9092:9092", '- "9092:9092"',
        "kafka: port 9092:9092 is published on all addresses"),
    (compose.check_surroundings, COMPOSE, "apache/kafka:4", "apache/kafka:latest # 4",
        "kafka: image apache/kafka:latest has no fixed tag"),
    (compose.check_surroundings, COMPOSE, "./prometheus/rules.yaml", "./prometheus/rule.yaml",
        "mounts ./prometheus/rule.yaml, which does not exist"),
    (compose.check_surroundings, COMPOSE, "      test: [CMD, wget, --quiet, --spider, ", "      tested: [",
        "grafana: waits until prometheus is healthy, which has no healthcheck"),
    (compose.check_settings, COMPOSE, "TRIGGERPOINT_PARTITIONS", "TRIGGERPOINT_PARTITION_COUNT",
        "deploy/compose.yaml: TRIGGERPOINT_PARTITION_COUNT is no setting"),
    (compose.check_settings, COMPOSE, 'TRIGGERPOINT_REPLICATION: "1"', 'TRIGGERPOINT_REPLICATION: "none"',
        "service worker: TRIGGERPOINT_REPLICATION"),
    (compose.check_settings, "deploy/Dockerfile", "TRIGGERPOINT_DATA_DIR", "TRIGGERPOINT_DATA_FOLDER",
        "deploy/Dockerfile: TRIGGERPOINT_DATA_FOLDER is no setting"),
    (image.check_dockerfile, "deploy/Dockerfile", "--no-cache-dir ", "", "DL3042"),
    (image.check_context, ".dockerignore", "!sinks\n", "", ".dockerignore keeps out sinks"),
    (image.check_context, ".dockerignore", "*\n!", "!", "must keep out everything"),
    (files.check_locks, RUNTIME, "# This file", "--extra-index https://mirror.example/simple\n# This file",
        "requirements-runtime.lock holds an address"),
    (files.check_locks, RUNTIME, "aiokafka==0", "aiokafka==9", "requirements-runtime.lock has aiokafka 9"),
    (files.check_yaml, RULES, "groups:\n", "groups:\n\t", "cannot start any token"),
    (files.check_yaml, COMPOSE, "services:", "services:   ", "trailing spaces"),
    (rules.check_rules, RULES, "triggerpoint_fenced_total", "triggerpoint_fenced",
        "TriggerpointWorkersFenced: there is no series triggerpoint_fenced"),
    (rules.check_rules, RULES, "sum by (stage, cause) (increase", "sum by (stage, reason) (increase",
        "has the label reason"),
    (rules.check_rules, RULES, "(stage) triggerpoint:lag_records:stage", "(stage) triggerpoint:lag:stage",
        "there is no series triggerpoint:lag:stage"),
    (rules.check_rules, RULES, "(sum(increase(triggerpoint_events_total[15m]))", "(sum(increase(",
        "TriggerpointNoEvents: does not parse"),
    (rules.check_rules, RULES, "summary: No event", "sumary: No event", "the annotation summary is missing"),
    (rules.check_rules, RULES, "severity: critical", "severity: bad", "the label severity is none of"),
    (rules.check_rules, RULES, "Source {{ $labels.source }} has", "Source {{ $labels.name }} has",
        "TriggerpointSourceSilent: shows the label name"),
    (rules.check_rules, RULES, "alert: TriggerpointNoEvents", "alert: TriggerpointQuiet",
        "TriggerpointQuiet: rules_test.yaml has no test that it fires"),
    (dashboards.check_promql, OPERATIONS, "triggerpoint_sink_rows_total", "triggerpoint_sink_row_total",
        "operations.json, `Rows inserted`: there is no series triggerpoint_sink_row_total"),
    (dashboards.check_promql, OPERATIONS, "sum by (grade)", "sum by (class)", "has the label class"),
    (dashboards.check_promql, OPERATIONS, "triggerpoint_state_keys{stage", "triggerpoint_state_keys{step",
        "triggerpoint_state_keys has no label step"),
    (dashboards.check_promql, OPERATIONS, "{{grade}}", "{{class}}", "the legend shows class"),
    (dashboards.check_promql, OPERATIONS, "(triggerpoint_lanes, stage)", "(triggerpoint_lanes, step)",
        "variable stage: triggerpoint_lanes has no label step"),
    (dashboards.check_layout, JOURNEYS, '"uid": "triggerpoint-journeys"', '"uid": "triggerpoint-operations"',
        "uid triggerpoint-operations is used twice"),
    (dashboards.check_layout, JOURNEYS, '"id": 2,', '"id": 3,', "panel id 3 is used twice"),
    (dashboards.check_layout, dashboards.DATASOURCES, "uid: triggerpoint-clickhouse", "uid: clickhouse",
        "triggerpoint-clickhouse is no provisioned source"),
]
# fmt: on


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[4])
def test_a_fault_is_found(fault: Fault, pieces: Path) -> None:
    check, file, old, new, told = fault
    spoil(pieces, file, old, new)
    problems = guarded(check, pieces).problems
    assert any(told in problem for problem in problems), problems


def test_wrong_sql_is_found(pieces: Path) -> None:
    spoil(
        pieces, JOURNEYS, "accounts_reached AS reached, accounts_entered", "accounts_got AS reached, accounts_entered"
    )
    spoil(pieces, JOURNEYS, "FROM trigger_causes", "FROM triggers")
    spoil(pieces, JOURNEYS, "$__timeInterval(raised_at)", "$__timeSlice(raised_at)")
    spoil(pieces, JOURNEYS, "SELECT $__timeInterval(occurred_at) AS time,", "SELECT toString(occurred_at) AS time,")
    spoil(pieces, JOURNEYS, '"options": "acceptance_rate"', '"options": "acceptance"')
    spoil(pieces, JOURNEYS, '"xField": "share"', '"xField": "part"')
    found = dashboards.check_sql(pieces).problems
    told = ("`Funnel`", "accounts_got"), ("`What brings", "triggers"), ("`Alerts by team`", "$__timeSlice")
    told += ("`Transitions`", "DateTime"), ("`Alerts by trigger", "column acceptance,"), ("`Spread`", "column part,")
    assert len(found) == len(told), found
    for panel, text in told:
        assert any(panel in problem and text in problem for problem in found), (panel, found)


def test_a_changed_view_is_found(pieces: Path) -> None:
    spoil(pieces, "deploy/clickhouse/0007_alerts.sql", "    overdue UInt64", "    too_late UInt64")
    assert any("overdue" in problem for problem in dashboards.check_sql(pieces).problems)


def test_a_broken_migration_is_told(pieces: Path) -> None:
    spoil(pieces, "deploy/clickhouse/0001_events.sql", "ENGINE = ReplacingMergeTree", "ENGINE = NoSuchEngine")
    assert "the throw-away engine failed" in dashboards.check_sql(pieces).problems[0]


def test_a_package_the_image_lacks_is_found(pieces: Path) -> None:
    lock = pieces / "requirements-runtime.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("\ntyper==", "\nnot-typer=="), encoding="utf-8")
    for package in ("schemas", "pipeline", "agents", "sinks"):
        shutil.rmtree(pieces / package)
        shutil.copytree(ROOT / package, pieces / package)
    for path in (ROOT / "deploy").glob("**/*.py"):
        target = pieces / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    assert "import of typer halted" in image.check_command(pieces).problems[0]


def test_a_registrys_host_is_found(tmp_path: Path) -> None:
    host = ".".join(("files", "pythonhosted", "org"))
    (tmp_path / "notes.md").write_text(f"fine\nfrom https://{host}/simple\n")
    (tmp_path / "pip.conf").write_text("index-url" + " = https://mirror.example\n")
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").write_text(host)
    assert "no git checkout" in files.check_hosts(tmp_path).note
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    problems = files.check_hosts(tmp_path).problems
    assert [problem.split(" ")[0] for problem in problems] == ["notes.md:2", "pip.conf:1"]


def test_promtool_is_asked_where_it_is_there(pieces: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(pieces / "bin"))
    assert "LEFT OUT" in rules.check_promtool(pieces).note
    tool = pieces / "bin" / "promtool"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\n[ "$1" = check ] || { echo "$2: story one failed"; exit 1; }\n')
    tool.chmod(0o755)
    assert rules.check_promtool(pieces).problems == ["rules: story one failed"]


def test_command_line_tells_and_fails(pieces: Path) -> None:
    (pieces / "deploy" / "Dockerfile").unlink()
    spoil(pieces, OPERATIONS, "triggerpoint_alerts_total", "triggerpoint_alarms_total")
    command = [sys.executable, "-m", "deploy.check", "--root", str(pieces)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "    ok  compose.yaml fits the compose specification" in done.stdout
    assert "there is no series triggerpoint_alarms_total" in done.stdout
    assert "FAILED  compose.check_settings\n        could not be looked at: FileNotFoundError" in done.stdout
    assert "checks failed" in done.stderr


def test_series_are_what_a_scrape_brings() -> None:
    series = exposed()
    assert series["triggerpoint_latency_seconds_bucket"] == {"stage", "le", "job", "instance"}
    assert series["triggerpoint_events_total"] == {"source", "format", "job", "instance"}
    assert "version" in series["triggerpoint_build_info"]
    assert not {"triggerpoint_events", "triggerpoint_latency_seconds", "triggerpoint_lanes_total"} & set(series)


def test_promql_sees_into_every_part() -> None:
    series = {"a_total": frozenset({"x"}), "b": frozenset({"x", "y"})}
    assert (
        promql.problems_of("sum by (x) (rate(a_total[$__rate_interval])) / on (x) max_over_time(b[1h:5m])", series)
        == []
    )
    for text in (
        "rate(c[5m])",
        "max_over_time(c[1h:1m])",
        "a_total or -(c)",
        "absent(c)",
        "topk(3, c)",
        "b - c offset 1d",
    ):
        assert promql.problems_of(text, series) == ["there is no series c"], text
    assert promql.problems_of('{x="1"}', series) == ["a selector names no series"]
    assert promql.problems_of("sum by (y) (a_total) + b", series) == ["no series in `a_total` has the label y"]
    assert promql.labels_left("3600 * sum by (x) (a_total)", series) == {"x"}
    assert promql.labels_left("sum(a_total)", series) == frozenset()
    assert promql.labels_left("b > 1", series) == {"x", "y"}


def test_macros_and_variables_are_replaced() -> None:
    assert expand("WHERE $__timeFilter( a.t ) AND $__fromTime < b") == (
        "WHERE a.t >= toDateTime(1) AND a.t <= toDateTime(4000000000) AND toDateTime(1) < b"
    )
    assert compose.interpolate("http://${U:-me}:${P:?set it}@h $${kept} ${Q}") == "http://me:given@h ${kept} given"
    with pytest.raises(ValueError, match="no macro \\$__nothing"):
        expand("SELECT $__nothing")


def test_a_tool_that_cannot_start_is_a_complaint(tmp_path: Path) -> None:
    assert "did not run" in complaints([str(tmp_path / "missing")], tmp_path)[0]
    assert complaints([sys.executable, "-c", "raise SystemExit(3)"], tmp_path) == [
        f"{Path(sys.executable).name} ended with 3"
    ]
