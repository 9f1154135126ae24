"""The bench runs the stages as they are: its contestants must not fall behind when a stage changes."""

import json
from pathlib import Path

import pytest

from agents.clock import clock_of
from agents.settings import load
from deploy.evaluate.line import PlainLine
from schemas.base import Source
from schemas.topics import ALERTS, RAW
from tests.bench import report
from tests.bench.classic import load as classic
from tests.bench.classic import race
from tests.bench.figures import growth
from tests.bench.figures.plot import Plot, write_page
from tests.bench.latency import clock_setting, probe_account, probe_event, share_of
from tests.bench.line import load as loads
from tests.bench.line import plain
from tests.bench.line.outcome import agreement, by_kind, standing
from tests.bench.line.verbs import STAGES, as_record, handlers, work_one
from tests.bench.race import STEPS_MIN, Lap, bounds


def test_every_stage_but_the_archive_races(tmp_path: Path) -> None:
    load_ = loads.make(40, companies=2)
    verbs = handlers(load(data_dir=tmp_path), load_)
    assert tuple(verbs) == STAGES
    topic, key, value, sent_ms = load_.traffic[0]
    writes, sent = work_one(verbs["ingest"], as_record(topic, 0, 0, sent_ms, key, value), lambda key: None)
    assert not writes
    assert sent


def test_the_plain_loop_works_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loads.save(loads.make(600, companies=5), tmp_path / "load")
    plain.main(str(tmp_path), tmp_path / "load", [500, 50])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["rate"] > 0
    assert found["cpu_seconds_per_million"] > 0
    few, all_of_them = found["standing"]["50"], found["standing"]["500"]
    assert any(id_.startswith("activity_id ") for id_ in few)
    assert any(id_.startswith("alert_id ") for id_ in all_of_them)
    assert len(few) < len(all_of_them)


def test_what_stands_is_what_was_not_taken_back() -> None:
    said = [
        b'{"activity_id":"a","revision":0,"type":"page_view"}',
        b'{"activity_id":"b","revision":0,"type":"page_view"}',
        b'{"activity_id":"b","revision":1,"type":"retraction"}',
        b'{"alert_id":"l","revision":1,"status":"retracted"}',
        b'{"alert_id":"l","revision":0,"status":"raised"}',
        b'line.intent.triggers.v1\n{"alert_id":"m","revision":0,"status":"raised"}',
        b'{"transition_id":"t","revision":0,"withdrawn":true}',
    ]
    stands = standing(said)
    assert stands == {"activity_id a", "alert_id m"}
    assert by_kind(stands) == {"activity_id": 1, "transition_id": 0, "alert_id": 1}
    assert agreement(stands, {"activity_id a", "activity_id b"}) == 0.5
    assert agreement(set(), set()) == 0


def test_input_of_the_classic_job_is_the_same_each_time() -> None:
    made = list(classic.records(100, 10, most=64))
    assert made == list(classic.records(100, 10, most=64))
    records = [record for part in made for partition in part.values() for record in partition]
    assert len(records) == 100
    (whole,) = classic.records(100, 10)
    assert sorted(records) == sorted(record for partition in whole.values() for record in partition)
    assert {len(value) for _, value, _ in records} == {classic.VALUE_BYTES}


def test_ratios_are_medians_of_turns() -> None:
    ours = [Lap(10, 1, 0, 0), Lap(30, 1, 0, 0), Lap(20, 1, 0, 0)]
    theirs = [Lap(10, 2, 0, 0), Lap(10, 4, 0, 0), Lap(10, 3, 0, 0)]
    assert report.ratio_of(ours, theirs) == 2
    assert report.cpu_ratio_of(ours, theirs) == 3
    assert report.ratio_of(ours, []) is None


def test_the_last_line_has_every_goal_measured_or_not() -> None:
    said = json.loads(report.last_line({"vs_faust": 3.0, "cores": 2}))
    assert set(report.GOALS) < set(said)
    assert said["vs_faust"] == 3.0
    assert said["p99_ratio"] is None


def test_a_quantile_is_one_of_the_values() -> None:
    assert share_of([3, 1, 2], 0.5) == 2
    assert share_of([3, 1, 2], 0.99) == 3


def test_a_page_of_plots_needs_nothing_else(tmp_path: Path) -> None:
    plot = Plot("cost <by> accounts", "accounts", "CPU-s", {"ours": [(1_000, 2.0), (10_000, 3.0)]}, log_x=True)
    empty = Plot("nothing", "x", "y", {"ours": []})
    write_page(tmp_path / "bench" / "report.html", [plot, empty], {"cores": 2})
    page = (tmp_path / "bench" / "report.html").read_text()
    assert page.count("<circle") == 2
    assert "cost &lt;by&gt; accounts" in page
    assert "nothing measured" in page
    assert "http" not in page


def test_slices_tell_the_cost_in_the_course_of_a_run() -> None:
    steps = tuple((at * 100.0, at * 0.01 if at < 6 else 0.05 + (at - 5) * 0.02) for at in range(1, 11))
    found = growth.slices(Lap(1, 1, 0, 0, 1.0, steps))
    assert [round(cost) for _, cost in found] == [100] * 4 + [200] * 5
    assert growth.spread(found) == 0.5


def test_a_probe_raises_its_alert() -> None:
    line = PlainLine()
    line.know([(b"probe1", probe_account("probe1"))])
    line.send(RAW[Source.WEB].name, None, probe_event("probe1", 1_790_000_000_000), 1_790_000_000_500)
    line.settle()
    assert sum(line.count(topic) for topic in ALERTS.values()) == 1


def test_the_middle_of_the_traffic_has_the_speed_that_was_asked_for() -> None:
    sent_ms = [0, *range(1_000_000, 1_400_000, 2_000), 9_000_000]
    clock = clock_of(clock_setting(sent_ms, rate=50.0, first_real_ms=10_000))
    assert clock.at_ms(10_000) == 0
    low, high = sent_ms[len(sent_ms) // 4], sent_ms[3 * len(sent_ms) // 4]
    assert clock.seconds_between(low, high) == pytest.approx((len(sent_ms) / 2) / 50.0, rel=0.02)


def test_what_was_compiled_is_kept_until_its_source_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def javac(command: list[str], *, check: bool) -> None:
        assert check
        calls.append(command)
        Path(command[command.index("-d") + 1]).mkdir()

    monkeypatch.setattr(race.subprocess, "run", javac)
    source, cache = tmp_path / "Some.java", tmp_path / "cache"
    source.write_text("one")
    first = race.compiled(source, "a.jar", cache)
    assert race.compiled(source, "a.jar", cache) == first
    assert len(calls) == 1
    source.write_text("two")
    assert race.compiled(source, "a.jar", cache) != first
    assert race.compiled(source, "b.jar", cache) != first
    assert len(calls) == 3
    assert [path.name for path in cache.iterdir() if path.name.startswith(".")] == []


def test_a_lap_of_few_transactions_counts_from_when_its_work_began() -> None:
    began, rested = (0.0, 0, 0.0), (1.0, 0, 0.5)
    many = [(2.0 + at, at + 1, 1.0 + at) for at in range(10 * STEPS_MIN)]
    first, last = bounds(many, rested, began)
    assert first[1] == 0.25 * len(many)
    assert last[1] == 0.97 * len(many)
    few = many[:STEPS_MIN]
    assert bounds(few, rested, began) == (rested, few[-1])
    assert bounds(few[:1], rested, began) == (rested, few[0])
    assert bounds(few, None, began) == (few[2], few[-1])
    assert bounds(few[:1], None, began) == (began, few[0])
