"""Broker jars: pinned, checked, fetched once, by one process at a time. The repository is a stand-in."""

import hashlib
import io
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from rich.console import Console

from deploy.local import distribution
from deploy.local.lock import Jar, KafkaLock, read_lock, write_lock
from deploy.local.report import Reporter
from schemas.errors import LocalStackError

CONTENT = {f"org.example:part{number}:1.0": f"content {number}".encode() for number in range(3)}


class Repository:
    """Serves `CONTENT`, counts what is asked for, and fails as told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures: list[Exception] = []
        self.altered: set[str] = set()

    def __call__(self, folder: Path, advance: Callable[[int], None]) -> Any:
        def resolve(coordinate: str) -> Path:
            self.asked.append(coordinate)
            if self.failures:
                raise self.failures.pop()
            folder.mkdir(parents=True, exist_ok=True)
            content = CONTENT[coordinate] + (b"!" if coordinate in self.altered else b"")
            advance(len(content))
            (folder / "file.jar").write_bytes(content)
            return folder / "file.jar"

        return SimpleNamespace(
            create_dependency=lambda coordinate: SimpleNamespace(
                artifact=SimpleNamespace(resolve=lambda: resolve(coordinate))
            )
        )


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository()
    monkeypatch.setattr(distribution, "_repository", made)
    return made


@pytest.fixture
def lock() -> KafkaLock:
    jars = tuple(Jar(name, hashlib.sha256(body).hexdigest(), len(body)) for name, body in CONTENT.items())
    return KafkaLock("1.0", jars, "digest")


def reporter() -> tuple[Reporter, io.StringIO]:
    text = io.StringIO()
    return Reporter(Console(file=text, width=200)), text


def test_a_second_call_fetches_nothing(repository: Repository, lock: KafkaLock, tmp_path: Path) -> None:
    told, text = reporter()
    first = distribution.kafka_jars(told, lock=lock, cache=tmp_path)
    assert [path.read_bytes() for path in first] == list(CONTENT.values())
    assert "downloading Kafka 1.0" in text.getvalue()
    assert sorted(repository.asked) == sorted(CONTENT)
    assert distribution.kafka_jars(told, lock=lock, cache=tmp_path) == first
    assert len(repository.asked) == len(CONTENT)
    assert {path.name for path in first[0].parent.iterdir()} == {path.name for path in first} | {".lock"}


def test_a_damaged_jar_in_the_cache_is_noticed_and_fetched_again(
    repository: Repository, lock: KafkaLock, tmp_path: Path
) -> None:
    told, text = reporter()
    paths = distribution.kafka_jars(told, lock=lock, cache=tmp_path)
    paths[1].write_bytes(b"kontent 1")
    assert distribution.kafka_jars(told, lock=lock, cache=tmp_path)[1].read_bytes() == b"content 1"
    assert repository.asked.count("org.example:part1:1.0") == 2
    assert "not the pinned files, fetched again: part1-1.0.jar" in text.getvalue()


def test_an_altered_download_is_never_used(repository: Repository, lock: KafkaLock, tmp_path: Path) -> None:
    repository.altered = {"org.example:part2:1.0"}
    with pytest.raises(LocalStackError, match=r"part2:1.0 is not the pinned file: sha256"):
        distribution.kafka_jars(Reporter(None), lock=lock, cache=tmp_path)
    assert not (tmp_path / "kafka-1.0" / "part2-1.0.jar").exists()


def test_a_short_failure_is_tried_again(repository: Repository, lock: KafkaLock, tmp_path: Path) -> None:
    repository.failures = [requests.ConnectionError("reset"), requests.Timeout("slow")]
    assert len(distribution.kafka_jars(Reporter(None), lock=lock, cache=tmp_path)) == len(CONTENT)


def test_no_network_is_told_and_what_came_is_kept(repository: Repository, lock: KafkaLock, tmp_path: Path) -> None:
    repository.failures = [requests.ConnectionError("no route")] * 20
    with pytest.raises(LocalStackError, match="cannot be downloaded after 3 attempts: no route") as caught:
        distribution.kafka_jars(Reporter(None), lock=lock, cache=tmp_path)
    assert "network" in caught.value.mend
    repository.failures = []
    assert len(distribution.kafka_jars(Reporter(None), lock=lock, cache=tmp_path)) == len(CONTENT)


def test_two_at_once_fetch_once(repository: Repository, lock: KafkaLock, tmp_path: Path) -> None:
    threads = [
        threading.Thread(
            target=distribution.kafka_jars, args=(Reporter(None),), kwargs={"lock": lock, "cache": tmp_path}
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(repository.asked) == sorted(CONTENT)


def test_the_cache_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TRIGGERPOINT_CACHE_DIR", raising=False)
    assert distribution.cache_dir() == tmp_path / "triggerpoint"
    monkeypatch.setenv("TRIGGERPOINT_CACHE_DIR", str(tmp_path / "own"))
    assert distribution.cache_dir() == tmp_path / "own"


def test_the_lock_file_in_the_repository_is_complete() -> None:
    lock = read_lock()
    assert lock.version.startswith("4.")
    names = {jar.coordinate.rpartition(":")[0] for jar in lock.jars}
    assert {"org.apache.kafka:kafka-clients", "org.apache.logging.log4j:log4j-slf4j-impl"} <= names
    assert len(names) == len(lock.jars)
    assert all(
        jar.coordinate.endswith(lock.version) for jar in lock.jars if jar.coordinate.startswith("org.apache.kafka:")
    )


def test_a_lock_file_is_read_as_it_is_written(lock: KafkaLock, tmp_path: Path) -> None:
    path = tmp_path / "kafka.lock"
    broker = Jar("org.apache.kafka:kafka_2.13:9.9", "0" * 64, 1)
    write_lock("9.9", [*lock.jars, broker], path)
    assert read_lock(path).jars == (*lock.jars, broker)
    assert read_lock(path).version == "9.9"
    path.write_text("nonsense\n")
    with pytest.raises(LocalStackError, match="cannot be read"):
        read_lock(path)
