"""What comes next, as an alert tells it: learned from enough of history, else the file's words; never in the state."""

from types import SimpleNamespace
from typing import Any

from agents.outlooks.follow import OutlookFollower
from agents.outlooks.learn import Learned
from pipeline.alerts.outlook import ENOUGH, STEPS_MAX, outlook_of, outlooks_of, same
from schemas.alert import Alert
from schemas.base import from_ms
from schemas.learned.outlook import NO_OUTLOOK, Outlook
from schemas.topics import TRIGGERS
from tests.account_lane import retraction
from tests.builders import activity, at
from tests.unit.test_advance_handler import DEMO, Lane, sent


def row(stage: str, trigger: str, to: str, share: float, moved: int = ENOUGH) -> dict[str, Any]:
    return {
        "stage": stage,
        "trigger": trigger,
        "next_stage": to,
        "probability": share,
        "median_days": 1.5,
        "took": 3,
        "moved": moved,
        "waiting": 7,
    }


def learned(*rows: dict[str, Any]) -> Learned:
    return outlooks_of(rows, from_ms(at(9)))


def alert() -> Alert:
    lane = Lane()
    ((_, value, _),) = sent(lane.handle(DEMO)[0], TRIGGERS)
    return Alert.model_validate(value)


def test_the_triggers_own_history_comes_before_the_stages() -> None:
    one = alert()
    stage_only = learned(row(one.stage, "", "customer", 0.4), row(one.stage, "", "lost", 0.6))
    both = {**stage_only, **learned(row(one.stage, one.trigger, "customer", 0.75))}
    told = outlook_of(one, both)
    assert (told.next_stage, told.probability, told.moved, told.learned) == ("customer", 0.75, ENOUGH, True)
    assert told.text == (
        f"Most likely customer next: 75%, by {ENOUGH} next steps after demo request in deciding;"
        " half of those within 36 hours."
    )
    assert outlook_of(one, stage_only).next_stage == "lost"


def test_too_little_history_leaves_the_files_words() -> None:
    one = alert()
    told = outlook_of(one, learned(row(one.stage, one.trigger, "customer", 1.0, moved=ENOUGH - 1)))
    assert (told.text, told.learned, told.next_stage, told.moved) == (one.play.next_likely, False, "", 0)


def test_the_likeliest_steps_are_kept_in_order() -> None:
    rows = [row("aware", "", f"s{number}", number / 100) for number in range(STEPS_MAX + 3)]
    (found,) = learned(*rows).values()
    assert [step.stage for step in found.steps] == [f"s{number}" for number in range(STEPS_MAX + 2, 2, -1)]
    assert (found.moved, found.waiting) == (ENOUGH, 7)


def test_the_same_learned_later_is_no_change() -> None:
    (one,) = learned(row("aware", "", "researching", 0.5)).values()
    (later,) = outlooks_of([row("aware", "", "researching", 0.5)], from_ms(at(10))).values()
    (other,) = outlooks_of([row("aware", "", "researching", 0.6)], from_ms(at(10))).values()
    assert same(one, later)
    assert not same(one, other)
    assert not same(None, one)


def test_the_topic_is_followed_and_what_is_no_outlook_left_out() -> None:
    follower = OutlookFollower({}, "t", 1)

    def take(key: bytes, value: bytes | None) -> None:
        follower.take([SimpleNamespace(key=key, value=value, topic="t", partition=0, offset=0)])

    for outlook in learned(row("aware", "", "researching", 0.5), row("aware", "x", "researching", 0.5)).values():
        take(outlook.key, outlook.encode())
    take(b"aware/y", b"{}")
    assert set(follower.current()) == {("aware", ""), ("aware", "x")}
    take(b"aware/x", None)
    assert set(follower.current()) == {("aware", "")}


def test_what_was_learned_enters_neither_state_nor_ids_nor_retractions() -> None:
    plain, knowing = Lane(), Lane()
    outlook = Outlook(
        stage="deciding", steps=learned(row("deciding", "", "customer", 0.7))["deciding", ""].steps, moved=ENOUGH,
        learned_at=from_ms(at(9)),
    )  # fmt: skip
    knowing.outlooks = {("deciding", ""): outlook}
    (one,), (other,) = (sent(lane.handle(DEMO)[0], TRIGGERS) for lane in (plain, knowing))
    assert other[1]["outlook"]["next_stage"] == "customer"
    assert one[1] | {"outlook": None} == other[1] | {"outlook": None}
    assert dict(plain.store.committed) == dict(knowing.store.committed)
    taken_back = sent(knowing.handle(retraction(2), activity(2, "page_view"))[0], TRIGGERS)
    retracted = [value["outlook"] for _, value, _ in taken_back if value["status"] == "retracted"]
    assert retracted == [NO_OUTLOOK.model_dump()]
