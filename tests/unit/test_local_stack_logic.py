"""The stack's own logic without its services: what is remembered, deleted and told."""

import json
import os
from collections import namedtuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.local import app
from deploy.local import stack
from deploy.local.process import ProcessMark
from deploy.local.services import ClickHouseService, KafkaService, Memory, Remembered
from schemas.errors import LocalStackError


def test_ports_and_processes_are_remembered(tmp_path: Path) -> None:
    memory, kafka, clickhouse = Memory(tmp_path), KafkaService(tmp_path), ClickHouseService(tmp_path)
    assert memory.get(kafka) == Remembered()
    known = Remembered(9092, ProcessMark(1, 2.5, "x"), "4.3.1")
    memory.put(kafka, known)
    memory.put(clickhouse, Remembered(8123))
    assert memory.get(kafka) == known
    memory.forget_process(kafka)
    assert memory.get(kafka) == Remembered(9092, None, "4.3.1")
    assert memory.get(clickhouse) == Remembered(8123)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"Kafka": {"port": null}}', '{"Kafka": 3}'])
def test_a_damaged_memory_counts_as_empty(tmp_path: Path, text: str) -> None:
    memory = Memory(tmp_path)
    memory.path.write_text(text)
    assert memory.get(KafkaService(tmp_path)) == Remembered()
    memory.put(KafkaService(tmp_path), Remembered(1))
    assert memory.get(KafkaService(tmp_path)).port == 1


def test_a_stack_that_never_was_is_down(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    now = stack.status(folder)
    assert not now.healthy
    assert (now.kafka.running, now.kafka.pid, now.kafka.address, now.kafka.data_bytes) == (False, None, "", 0)
    stack.down(folder)
    stack.wipe(folder)
    assert not folder.exists(), "asking leaves no traces"


def test_wipe_deletes_only_what_the_stack_made(tmp_path: Path) -> None:
    for name in (
        "kafka/t-0/log",
        "clickhouse/store/x",
        "run/kafka.properties",
        "logs/kafka.log",
        "stack.json",
        "own/x",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    stack.wipe(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(stack.shutil, "disk_usage", lambda path: usage(1, 1, 1_000_000))
    with pytest.raises(LocalStackError, match="Only 1 MB free"):
        stack.up(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LocalStackError, match="cannot be made"):
        stack.up(tmp_path / "data")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(LocalStackError, match="cannot be made"):
        stack.up(tmp_path / "data")


def test_status_speaks_json_and_tells_by_its_exit_code(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--json", "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["kafka"]["running"] is False
    assert "down" in CliRunner().invoke(app, ["status"], env={"TRIGGERPOINT_DATA_DIR": str(tmp_path)}).stdout


def test_an_expected_failure_has_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    result = CliRunner().invoke(app, ["up", "--data-dir", str(tmp_path / "data")])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
