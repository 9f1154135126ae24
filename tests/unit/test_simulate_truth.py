"""The simulator's truth: each milestone has its message, each mark its record, each id one owner."""

from pathlib import Path

import orjson
import pytest

from deploy.simulate import SCRIPTS, Label, Message, TrueJourney, WorldSpec, messages, truth, write_truth

SPEC = WorldSpec(seed=5, companies=80)
SHOWN_BY_NOTHING = {"trial_stalled", "trial_expiring", "usage_drop", "deal_silent", "renewal_window", "dormant"}
TRIGGERS = {
    "journey_begins",
    "anonymous_surge",
    "comparison_check",
    "reference_check",
    "pricing_interest",
    "demo_request",
    "trial_started",
    "trial_activated",
    "trial_invite",
    "trial_limit",
    "trial_stalled",
    "trial_expiring",
    "deal_silent",
    "executive_joins",
    "surge",
    "renewal_window",
    "bad_survey",
    "bad_review",
    "new_use_case",
    "outcome_reached",
    "social_mention",
    "referral",
    "buying_group",
    "usage_drop",
    "support_burst",
    "cross_sell_research",
    "advocacy",
}
STAGES = {
    "first_aware",
    "researching",
    "evaluating",
    "trial_started",
    "trial_activated",
    "deciding",
    "customer",
    "adopting",
    "expanding",
    "advocating",
    "lost",
    "dormant",
}


@pytest.fixture(scope="module")
def journeys() -> list[TrueJourney]:
    return list(truth(SPEC).journeys())


@pytest.fixture(scope="module")
def by_event() -> dict[str, Message]:
    return {event_id: message for message in messages(SPEC) for event_id in message.event_ids}


def test_each_milestone_and_trigger_has_its_message(journeys: list[TrueJourney], by_event: dict[str, Message]) -> None:
    shown = 0
    for journey in journeys:
        for moment in (*journey.stages, *journey.triggers):
            if not moment.event_id:
                assert moment.name in SHOWN_BY_NOTHING | {"customer"}
                continue
            message = by_event[moment.event_id]
            assert message.account_id == journey.account_id
            assert message.occurred_ms == moment.at_ms
            assert message.source == moment.source
            shown += 1
    assert shown > 300


def test_each_trial_start_in_the_messages_is_a_milestone(journeys: list[TrueJourney]) -> None:
    told = {moment.event_id for journey in journeys for moment in journey.stages if moment.name == "trial_started"}
    sent = {
        message.event_ids[0]
        for message in messages(SPEC)
        if message.label is not Label.BAD
        and message.topic_noun == "trial"
        and (b'"trial_started"' in message.value or b'"Trial Started"' in message.value)
    }
    assert told == sent


def test_every_stage_and_trigger_occurs_somewhere() -> None:
    journeys = list(truth(WorldSpec(companies=200, days=200)).journeys())
    assert {moment.name for journey in journeys for moment in journey.stages} == STAGES
    assert {moment.name for journey in journeys for moment in journey.triggers} == TRIGGERS
    assert {journey.script for journey in journeys} == set(SCRIPTS)


def test_moments_are_in_order_and_within_the_span(journeys: list[TrueJourney]) -> None:
    for journey in journeys:
        for moments in (journey.stages, journey.triggers):
            times = [moment.at_ms for moment in moments]
            assert times == sorted(times)
            assert all(SPEC.start_ms <= moment.at_ms <= SPEC.end_ms for moment in moments if moment.name != "customer")
            assert len({moment.name for moment in moments}) == len(moments)


def test_stages_of_a_purchase_follow_each_other() -> None:
    order = ["first_aware", "researching", "evaluating", "trial_started", "trial_activated", "deciding", "customer"]
    for spec in (WorldSpec(companies=30, scripts=("classic",)), WorldSpec(companies=30, days=3, pace=30)):
        for journey in truth(spec).journeys():
            if journey.script != "classic":
                continue
            stages = [moment.name for moment in journey.stages if moment.name in order]
            assert stages == order[: len(stages)]


def test_counts_agree_with_the_messages(journeys: list[TrueJourney], by_event: dict[str, Message]) -> None:
    acts = sum(journey.acts for journey in journeys)
    deliveries = sum(
        1
        for event_id, message in by_event.items()
        if message.topic_noun == "email" and message.account_id and event_id.rpartition("-")[2].startswith("d")
    )
    own = {i for i, message in by_event.items() if message.account_id and message.kind == "journey"}
    identify_calls = {i for i in own if i.endswith("i")}
    assert acts == len(own) - len(identify_calls) - deliveries


def test_ids_belong_to_one_person_and_companies_to_one_domain_each() -> None:
    people = list(truth(SPEC).people())
    for ids in (
        [person.email for _, person in people],
        [person.user_id for _, person in people],
        [device.anonymous_id for _, person in people for device in person.devices],
        [domain for company in truth(SPEC).companies() for domain in company.domains],
    ):
        assert len(ids) == len(set(ids))
    for company, person in people:
        works_here = any(person.email.endswith(("@" + domain, "." + domain)) for domain in company.domains)
        assert works_here != person.free_mail


def test_messages_carry_only_ids_of_their_own_company(by_event: dict[str, Message]) -> None:
    owner = {
        known: company.account_id
        for company, person in truth(SPEC).people()
        for known in (person.email, *(device.anonymous_id for device in person.devices))
    }
    for message in by_event.values():
        body = orjson.loads(message.value)
        for item in body if isinstance(body, list) else [body]:
            for name in ("email", "anonymous_id", "anonymousId"):
                if item.get(name):
                    assert owner.get(item[name], "") == message.account_id


def test_message_truth_is_by_ordinal() -> None:
    marks = list(truth(SPEC).marks())
    ordinals = {mark["ordinal"]: mark for mark in marks}
    for ordinal, message in enumerate(messages(SPEC)):
        assert (ordinal in ordinals) == (message.label is not Label.HUMAN or bool(message.machines))
        if ordinal in ordinals:
            assert ordinals[ordinal]["machines"] == dict(message.machines)
            assert ordinals[ordinal]["event_ids"] == message.event_ids
            assert ordinals[ordinal]["label"] == message.label


def test_the_truth_is_written_as_json_lines(tmp_path: Path) -> None:
    spec = WorldSpec(companies=12)
    write_truth(truth(spec), tmp_path / "truth", every_message=True)
    lines = {
        path.stem: [orjson.loads(line) for line in path.read_bytes().splitlines()]
        for path in (tmp_path / "truth").glob("*.jsonl")
    }
    assert set(lines) == {"companies", "people", "journeys", "marks", "messages"}
    assert len(lines["companies"]) == len(lines["journeys"]) == 12
    assert len(lines["messages"]) == sum(1 for _ in messages(spec))
    assert sum(company["people"] for company in lines["companies"]) == len(lines["people"])
    assert orjson.loads((tmp_path / "truth" / "spec.json").read_bytes())["seed"] == 7
