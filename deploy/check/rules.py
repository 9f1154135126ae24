"""Alert rules: expressions that name what exists, texts that say what to do, and a test for every alert."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.check import promql
from deploy.check.metrics import exposed
from deploy.check.result import Result, complaints

RULES = "deploy/prometheus/rules.yaml"
TESTS = "deploy/prometheus/rules_test.yaml"
CONFIG = "deploy/prometheus/prometheus.yml"
SEVERITIES = ("critical", "warning")
_SHOWN = re.compile(r"\$labels\.(\w+)")


def rules_in(root: Path) -> list[dict[str, Any]]:
    """All rules of the file, in order."""
    document = yaml.safe_load((root / RULES).read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def recorded(root: Path, series: promql.Series) -> dict[str, frozenset[str]]:
    """Series the rules record -> their labels."""
    records: dict[str, frozenset[str]] = {}
    for rule in rules_in(root):
        # one that does not parse is told by check_rules
        if "record" in rule and not promql.problems_of(rule["expr"], series):
            records[rule["record"]] = promql.labels_left(rule["expr"], series)
    return records


def check_rules(root: Path) -> Result:
    """Rules parse, name what exists, and each alert has its texts and a test."""
    base = exposed()
    series = base | recorded(root, base)
    tested = (root / TESTS).read_text(encoding="utf-8")
    problems = [problem for rule in rules_in(root) for problem in _rule_problems(rule, series, tested)]
    return Result("alert rules name metrics and labels that exist", problems, f"{len(rules_in(root))} rules")


def check_promtool(root: Path) -> Result:
    """Prometheus' own tool checks the rules and plays their tests, where it is installed."""
    name = "promtool checks configuration and rules, and plays rules_test.yaml"
    tool = shutil.which("promtool")
    if tool is None:
        return Result(name, note="LEFT OUT: promtool is not on PATH; Debian's package `prometheus` has it")
    commands = (["check", "config", CONFIG], ["check", "rules", RULES], ["test", "rules", TESTS])
    return Result(name, [line for command in commands for line in complaints([tool, *command], root)])


def _rule_problems(rule: Mapping[str, Any], series: promql.Series, tested: str) -> Iterator[str]:
    name = rule.get("alert") or rule["record"]
    problems = promql.problems_of(rule["expr"], series)
    yield from (f"{name}: {problem}" for problem in problems)
    if "alert" not in rule:
        return
    if rule.get("labels", {}).get("severity") not in SEVERITIES:
        yield f"{name}: the label severity is none of {', '.join(SEVERITIES)}"
    for text in ("summary", "description"):
        if not rule.get("annotations", {}).get(text):
            yield f"{name}: the annotation {text} is missing"
    if name not in _tested_alerts(tested):
        yield f"{name}: {Path(TESTS).name} has no test that it fires"
    if not problems and "absent(" not in rule["expr"]:
        left = promql.labels_left(rule["expr"], series)
        shown = set(_SHOWN.findall(str(rule.get("annotations", {}))))
        yield from (f"{name}: shows the label {label}, which the expression does not leave" for label in shown - left)


def _tested_alerts(text: str) -> set[str]:
    """Alerts a test expects at least once: by alert_rule_test, or as samples of ALERTS."""
    found: set[str] = set()
    for story in yaml.safe_load(text)["tests"]:
        for test in story.get("alert_rule_test", ()):
            if test.get("exp_alerts"):
                found.add(test["alertname"])
        for test in story.get("promql_expr_test", ()):
            if not test.get("exp_samples"):
                continue
            pattern = re.search(r'alertname(=~?)"([^"]+)"', test["expr"])
            labels = " ".join(sample["labels"] for sample in test["exp_samples"])
            named = set(re.findall(r'alertname="([^"]+)"', labels))
            found |= named or ({pattern[2]} if pattern and pattern[1] == "=" else set())
    return found
