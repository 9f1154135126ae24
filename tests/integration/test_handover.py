"""The hand-over clock on the real line: offered, warned, breached and passed on by itself, answered, each once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.base import Source, Team
from schemas.topics import ALERTS, ANSWERS, FEEDBACK, HANDOVERS, REJECTED
from tests.integration.conftest import Line, until

pytestmark = pytest.mark.integration
POLICY = """
teams:
  sales:
    accept_hours: 0.0015      # five seconds
    warn_share: 0.5
    first_touch_hours: 10
    escalate_to: head of sales
    reassign_after_hours: 0.0004
    reassign_to: [desk]
"""


def answer(alert: dict[str, Any], verdict: str, **fields: Any) -> bytes:
    named = {"alert_id": alert["alert_id"], "account_id": alert["account_id"], "verdict": verdict}
    return orjson.dumps({"occurred_at": datetime.now(UTC), "by": "lee"} | named | fields)


async def demo_alert(line: Line) -> dict[str, Any]:
    async def alerted() -> bool:
        return any(item["trigger"] == "demo_request" for item in await line.committed(ALERTS[Team.SALES]))

    await until(alerted)
    return next(item for item in await line.committed(ALERTS[Team.SALES]) if item["trigger"] == "demo_request")


async def lines_of(line: Line, alert: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in await line.committed(HANDOVERS) if entry["alert_id"] == alert["alert_id"]]


async def said(line: Line, alert: dict[str, Any], *steps: str) -> None:
    async def all_there() -> bool:
        return set(steps) <= {entry["step"] for entry in await lines_of(line, alert)}

    await until(all_there)


async def ask_for_a_demo(line: Line) -> None:
    await line.know("acme-works.com")
    form = {"type": "form_submit", "form": "demo", "email": "jane@acme-works.com", "occurred_at": datetime.now(UTC)}
    await line.produce(line.settings.topics.raw(Source.WEB)[0], [(b"v-1", orjson.dumps(form), None)])


async def test_clocks_speak_by_themselves_and_once_whatever_dies(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    line = make_line(handover_file=file, session_timeout_seconds=6)
    worker = await line.start()
    await ask_for_a_demo(line)
    alert = await demo_alert(line)
    await said(line, alert, "offered", "warned")
    worker.kill()
    await worker.wait()
    worker = await line.start()
    await said(line, alert, "breached", "escalated", "reassigned")
    worker.kill()
    await worker.wait()

    # answers of any client, under any key; one comes twice, one cannot be used
    feedback = line.settings.topics.name(FEEDBACK)
    accepted, refused = answer(alert, "accepted"), answer(alert, "accepted", account_id="")
    await line.produce(feedback, [(None, accepted, None), (b"crm", accepted, None), (b"crm", refused, None)])
    await line.produce(feedback, [(None, answer(alert, "first_touch"), None)])
    await line.start()
    await said(line, alert, "accepted", "first_touch")
    assert len(await line.committed(ANSWERS)) == 3
    [rejected] = await line.committed(REJECTED)
    assert (rejected["source"], rejected["reason"], rejected["value"].encode()) == ("feedback", "no_subject", refused)

    entries = await lines_of(line, alert)
    ids = [(entry["entry_id"], entry["revision"]) for entry in entries]
    assert len(set(ids)) == len(ids)
    standing = {entry["entry_id"]: entry for entry in entries}
    steps = Counter(
        (entry["step"], entry["clock"], entry["round"]) for entry in standing.values() if not entry["withdrawn"]
    )
    assert max(steps.values()) == 1
    for step in ("warned", "breached", "escalated", "reassigned"):
        assert steps[step, "accept", 0] == 1
    [taken] = [entry for entry in standing.values() if entry["step"] == "accepted"]
    assert (taken["owner"], taken["round"], taken["by"]) == ("desk", 1, "lee")
    assert taken["human_delay_seconds"] > 5.4
    assert 0 < taken["system_delay_seconds"] < 60

    async def archived() -> bool:
        found = await line.rows(
            f"SELECT owner, status, breached, reassigned FROM handover_status WHERE alert_id = '{alert['alert_id']}'"
        )
        return found == [{"owner": "desk", "status": "touched", "breached": True, "reassigned": 1}]

    await until(archived)
    rows = await line.rows(
        "SELECT owner, offered, lost, accepted FROM handover_compliance"
        " WHERE team = 'sales' AND trigger = 'demo_request' ORDER BY lost"
    )
    assert rows == [
        {"owner": "desk", "offered": 1, "lost": 0, "accepted": 1},
        {"owner": "", "offered": 1, "lost": 1, "accepted": 0},
    ]
    assert len(await line.rows("SELECT * FROM feedback")) == 2


async def test_who_answers_in_time_hears_nothing(make_line: Callable[..., Line]) -> None:
    line = make_line()
    await line.start()
    await ask_for_a_demo(line)
    alert = await demo_alert(line)
    await line.produce(
        line.settings.topics.name(FEEDBACK), [(None, answer(alert, "rejected", reason="a student"), None)]
    )
    await said(line, alert, "offered", "rejected")
    assert {entry["step"] for entry in await lines_of(line, alert)} == {"offered", "rejected"}
