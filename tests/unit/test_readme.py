"""The README says what is: settings, commands, views, topics."""

import os
import re
import subprocess
import sys
from pathlib import Path

from typer.main import get_command

from agents.handover.load import load_policy
from agents.settings import Settings
from deploy.cli.__main__ import app
from pipeline.accounts.table import read_accounts
from schemas.base import Source, Team
from schemas.topics import ALERTS, CATALOGUE, RAW

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_table_and_no_other() -> None:
    named = {name.removeprefix("TRIGGERPOINT_").lower() for name in re.findall(r"TRIGGERPOINT_[A-Z_]+", README)}
    assert named == set(Settings.model_fields)


def test_defaults_in_the_table_are_the_defaults() -> None:
    for name, default in re.findall(r"\| `TRIGGERPOINT_([A-Z_]+)` \| `([^`]*)` \|", README):
        value = Settings.model_fields[name.lower()].default
        shown = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        assert shown == default, name


def test_every_command_named_exists() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^triggerpoint ([a-z]+)|`triggerpoint ([a-z]+)", README)) or commands
    named = {
        first or second
        for first, second in re.findall(r"^\s*triggerpoint ([a-z]+)|`triggerpoint ([a-z]+)", README, re.M)
    }
    assert named <= commands


def test_every_topic_named_exists() -> None:
    known = {topic.name for topic in CATALOGUE}
    for name in re.findall(r"intent\.[a-z.]+\.v1", README):
        assert name in known, name
    assert {RAW[source].name for source in Source} | {ALERTS[team].name for team in Team} <= known


def test_the_file_of_accounts_shown_is_right() -> None:
    sheet = read_accounts(README.split("```csv\n")[1].split("```")[0].splitlines(keepends=True))
    assert (len(sheet.accounts), sheet.problems) == (2, [])


def test_the_hand_over_policy_shown_is_right(tmp_path: Path) -> None:
    shown = tmp_path / "policy.yaml"
    shown.write_text(README.split("```yaml\n")[1].split("```")[0])
    policy = load_policy(shown)
    assert policy.deal(Team.SALES, "demo_request", "maria@seller.io").escalate_to == "sam@seller.io"


def test_every_view_named_exists() -> None:
    sql = "\n".join(path.read_text() for path in (ROOT / "deploy" / "clickhouse").glob("*.sql"))
    made = set(re.findall(r"VIEW (?:IF NOT EXISTS )?(\w+)", sql))
    table = README.split("| view | answers |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) <= made


def test_the_commands_for_the_journey_run_as_printed(tmp_path: Path) -> None:
    block = README.split("### The journey, for revenue teams")[1].split("```sh\n")[1].split("```")[0]
    before, live = block.rsplit("\n", 2)[0], block.rstrip().rsplit("\n", 1)[1]
    assert live.startswith("triggerpoint journey activate my-journey.yaml ")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-ec", before], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my-journey.yaml is fine" in done.stdout
    assert "2 different" in done.stdout
    assert "at least 1 of pricing_view in 7 days -> at least 2" in done.stdout
