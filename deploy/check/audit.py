"""Known faults of the locked dependencies, asked of a public service; where it cannot be asked, that is said."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.check.result import Result, venv_tool

LOCK = "requirements.lock"
NAME = "locked dependencies have no known faults"
SERVICE = "osv"
ASK_SECONDS = 120
ANSWER_SECONDS = 10
MEND = "raise the version in pyproject.toml, `make lock`, `make setup`"


def check_known_faults(root: Path) -> Result:
    """`pip-audit` knows no fault of what is locked, as far as its service answers."""
    options = ["--disable-pip", "--vulnerability-service", SERVICE, "--format", "json", "--progress-spinner", "off"]
    command = [venv_tool("pip-audit"), "--requirement", LOCK, *options, "--timeout", str(ANSWER_SECONDS)]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=ASK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Result(NAME, left_out=f"pip-audit did not end: {type(error).__name__}; nobody was asked")
    return judged(done.stdout, done.stderr)


def judged(answer: str, complaint: str) -> Result:
    """What an answer of pip-audit means.

    Args:
        answer: its JSON; empty or broken where it could not ask.
        complaint: what it printed beside.
    """
    try:
        found: Sequence[Mapping[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (complaint.strip().splitlines() or ["it said nothing"])[-1]
        return Result(NAME, left_out=f"the service could not be asked: {last.partition(':')[0]}")
    skipped = [entry["name"] for entry in found if "skip_reason" in entry]
    problems = [
        f"{entry['name']} {entry['version']}: {fault['id']}, mended in {_mended(fault)}; {MEND}"
        for entry in found
        for fault in entry.get("vulns", ())
    ]
    asked = len(found) - len(skipped)
    if not asked:
        return Result(NAME, left_out="the service knows none of them, so it cannot be the one that is meant")
    unknown = f"; not known there: {', '.join(skipped)}" if skipped else ""
    return Result(NAME, problems, f"{asked} asked{unknown}")


def _mended(fault: Mapping[str, Any]) -> str:
    return ", ".join(fault["fix_versions"]) or "no version"
