"""The simulator's messages: the same each time, in order, within the span, in the shares asked for, one at a time."""

import ast
import itertools
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

import deploy.simulate
from deploy.simulate import SCRIPTS, Label, Message, WorldSpec, accounts, messages
from deploy.simulate.noise import BAD_KINDS
from schemas.base import Source

SPEC = WorldSpec(seed=11, companies=80)


@pytest.fixture(scope="module")
def traffic() -> list[Message]:
    return list(messages(SPEC))


def test_the_same_spec_gives_the_same_messages(traffic: list[Message]) -> None:
    assert list(messages(SPEC)) == traffic
    assert accounts(SPEC) == accounts(SPEC)


def test_another_seed_gives_another_world(traffic: list[Message]) -> None:
    other = list(messages(WorldSpec(seed=12, companies=80)))
    assert {message.value for message in other}.isdisjoint(
        message.value for message in traffic if message.label is not Label.BAD
    )


def test_another_start_gives_other_event_ids_to_the_same_people(traffic: list[Message]) -> None:
    later = WorldSpec(seed=11, companies=80, start=datetime(2026, 2, 1, tzinfo=UTC))
    shifted = list(itertools.islice(messages(later), 500))
    known = {event_id for message in traffic for event_id in message.event_ids}
    assert known.isdisjoint(event_id for message in shifted for event_id in message.event_ids)
    assert [message.key for message in accounts(later)] == [message.key for message in accounts(SPEC)]


def test_messages_come_in_order_of_sending_and_lie_in_the_span(traffic: list[Message]) -> None:
    sent = [message.sent_ms for message in traffic]
    assert sent == sorted(sent)
    good = [message for message in traffic if message.label is not Label.BAD]
    assert all(SPEC.start_ms <= message.occurred_ms <= SPEC.end_ms for message in good)
    assert all(message.occurred_ms <= message.sent_ms for message in good)


def test_few_messages_come_late_and_out_of_order(traffic: list[Message]) -> None:
    late = sum(message.sent_ms - message.occurred_ms > 100_000 for message in traffic if message.label is Label.HUMAN)
    assert 0.003 < late / len(traffic) < 0.02
    punctual = list(messages(WorldSpec(companies=20, late_share=0, duplicate_share=0)))
    assert all(message.sent_ms - message.occurred_ms < 3_000 for message in punctual)


def test_good_messages_are_json_and_bad_ones_are_of_every_kind() -> None:
    spec = WorldSpec(companies=60, bad_share=0.05)
    kinds = set()
    for message in messages(spec):
        if message.label is Label.BAD:
            kinds.add(message.kind)
            assert message.event_ids == ()
        else:
            assert isinstance(orjson.loads(message.value), (dict, list))
    assert kinds == set(BAD_KINDS)


def test_all_formats_and_sources_are_there(traffic: list[Message]) -> None:
    seen: set[tuple[str, str]] = set()
    for message in traffic:
        if message.label is Label.BAD:
            continue
        body = orjson.loads(message.value)
        if isinstance(body, list):
            assert all(item["sg_event_id"] in message.event_ids for item in body)
            seen.add((message.topic_noun, "sendgrid"))
        elif "rudderId" in body:
            assert message.key == body["anonymousId"].encode()
            seen.add((message.topic_noun, "rudderstack"))
        elif "messageId" in body:
            seen.add((message.topic_noun, "segment"))
        else:
            assert body["event_id"] == message.event_ids[0]
            seen.add((message.topic_noun, "native"))
    assert seen == {(str(source), "native") for source in Source} | {
        ("web", "segment"),
        ("web", "rudderstack"),
        ("trial", "segment"),
        ("email", "sendgrid"),
    }


@pytest.mark.parametrize(
    ("field", "label"),
    [("bad_share", Label.BAD), ("duplicate_share", Label.DUPLICATE), ("machine_share", Label.MACHINE)],
)
@pytest.mark.parametrize("share", [0.0, 0.04, 0.2])
def test_shares_are_met(field: str, label: Label, share: float) -> None:
    spec = WorldSpec(**{"companies": 60, field: share})  # type: ignore[arg-type]
    counted = Counter(message.label for message in messages(spec))
    assert counted[label] / counted.total() == pytest.approx(share, abs=0.015)
    if not share:
        assert not counted[label]


@pytest.mark.parametrize("kind", ["visitor", "freemail"])
def test_strangers_are_as_many_as_asked_for(kind: str) -> None:
    for share in (0.0, 0.1):
        spec = WorldSpec(**{"companies": 60, f"{kind}_share": share})  # type: ignore[arg-type]
        counted = Counter(message.kind for message in messages(spec))
        assert counted[kind] / counted.total() == pytest.approx(share, abs=0.015)


def test_format_shares_are_met() -> None:
    native = WorldSpec(
        companies=20, segment_share=0, rudderstack_share=0, sendgrid_share=0, trial_segment_share=0, bad_share=0
    )
    assert all("event_id" in orjson.loads(message.value) for message in messages(native))


def test_duplicates_are_the_same_bytes_later(traffic: list[Message]) -> None:
    first = {message.event_ids: message for message in traffic if message.label is not Label.DUPLICATE}
    duplicates = [message for message in traffic if message.label is Label.DUPLICATE]
    assert duplicates
    for message in duplicates:
        original = first[message.event_ids]
        assert (original.value, original.key, original.source) == (message.value, message.key, message.source)
        assert original.sent_ms < message.sent_ms


def test_event_ids_are_unique_but_for_duplicates(traffic: list[Message]) -> None:
    ids = [event_id for message in traffic if message.label is not Label.DUPLICATE for event_id in message.event_ids]
    assert len(ids) == len(set(ids))


def test_scanners_click_all_links_within_seconds_of_delivery(traffic: list[Message]) -> None:
    bursts = [
        orjson.loads(message.value)
        for message in traffic
        if message.kind == "scanner" and message.value.startswith(b"[") and message.label is Label.MACHINE
    ]
    assert bursts
    for clicks in bursts:
        assert len({click["url"] for click in clicks}) >= 3
        assert clicks[-1]["timestamp"] - clicks[0]["timestamp"] <= 2


def test_the_directory_holds_the_share_asked_for_and_all_customers() -> None:
    spec = WorldSpec(companies=600, directory_share=0.5)
    records = [orjson.loads(message.value) for message in accounts(spec)]
    assert 0.5 < len(records) / 600 < 0.68  # customers from before the span always stand in it
    assert {record["account_id"].encode() for record in records} == {message.key for message in accounts(spec)}
    domains = [domain for record in records for domain in record["domains"]]
    assert len(domains) == len(set(domains))
    assert len({record["name"].split()[0] for record in records}) == len(records)


def test_a_viewer_sees_something_early(traffic: list[Message]) -> None:
    early = SPEC.start_ms + SPEC.span_ms // 50
    acts = [message for message in traffic if message.sent_ms <= early and message.label is Label.HUMAN]
    assert len({message.account_id for message in acts}) >= 5
    assert any(b"/demo" in message.value for message in acts)
    assert any(b"/pricing" in message.value for message in acts)
    assert sum(b'trial_started"' in message.value or b'"Trial Started"' in message.value for message in acts) >= 2


def test_messages_per_company_are_as_many_as_a_journey_needs() -> None:
    spec = WorldSpec(companies=150, days=300)  # long enough for nearly all to end
    count = sum(message.kind == "journey" for message in messages(spec))
    assert 60 <= count / 150 <= 150


def test_a_million_companies_begin_at_once_in_bounded_memory() -> None:
    spec = WorldSpec(companies=1_000_000)
    tracemalloc.start()
    try:
        assert len(list(itertools.islice(messages(spec), 3_000))) == 3_000
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_world_without_companies_is_silent() -> None:
    assert list(messages(WorldSpec(companies=0))) == []
    assert accounts(WorldSpec(companies=0)) == []


def test_it_shares_no_code_with_what_it_tests() -> None:
    ours = set()
    for path in Path(deploy.simulate.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                ours.add(node.module)
            elif isinstance(node, ast.Import):
                ours |= {name.name for name in node.names}
    foreign = {name for name in ours if name.split(".")[0] in ("pipeline", "agents", "sinks", "schemas")}
    assert foreign == {"schemas.base", "schemas.topics"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_makes_traffic(script: str) -> None:
    spec = WorldSpec(companies=4, scripts=(script,))
    assert sum(message.kind == "journey" for message in messages(spec)) > 40


def test_pace_packs_journeys_into_a_short_span() -> None:
    spec = WorldSpec(companies=20, days=3, pace=40)
    kinds = Counter(message.topic_noun for message in messages(spec))
    assert kinds["crm"] > 5
    assert kinds["trial"] > 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"days": 0},
        {"companies": -1},
        {"pace": 0},
        {"bad_share": -0.1},
        {"bad_share": 0.9},
    ],
)
def test_impossible_worlds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        WorldSpec(**wrong)  # type: ignore[arg-type]
