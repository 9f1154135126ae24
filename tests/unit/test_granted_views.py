"""The shipped grants name every view there is: what they do not name is seen by nobody."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "clickhouse"
CLEAR = {"rejected"}
"""Views with clear addresses: for readers only."""


@pytest.mark.parametrize(("role", "without"), [("reader", set()), ("analyst", CLEAR)])
def test_every_view_is_granted(role: str, without: set[str]) -> None:
    sql = "\n".join(path.read_text() for path in FOLDER.glob("*.sql"))
    views = set(re.findall(r"CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?(\w+)", sql))
    grants = (FOLDER / "grants" / f"{role}.sql").read_text()
    granted = re.findall(rf"GRANT SELECT ON triggerpoint\.(\w+) TO triggerpoint_{role};", grants)
    assert set(granted) == views - without, f"one line a view in deploy/clickhouse/grants/{role}.sql"
    assert len(granted) == len(set(granted))
