"""Whatever order alerts and answers come in, however batches are cut and clocks looked at, the ledger ends the same."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.handover.fold import take, wake
from pipeline.handover.hours import Calendar, after, worked_ms
from pipeline.handover.week import week_of
from schemas.handover.entry import Handover
from schemas.handover.feedback import Answer
from schemas.kept.handover import HandoverState, Offer
from tests.handovers import POLICY, answer, hour, offer

END = 24 * 20.0
VERDICTS = ("accepted", "rejected", "first_touch", "snoozed", "done")


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[float, Offer | Answer]]:
    """Alerts, some taken back, with answers that come at any time after they were given."""
    found: list[tuple[float, Offer | Answer]] = []
    for number in range(draw(st.integers(1, 3))):
        name, at = f"l{number}", draw(st.integers(0, 40)) / 2
        owner = draw(st.sampled_from(("maria", "kim", "")))
        found.append((at, offer(name, at, owner=owner)))
        if draw(st.booleans()):
            gone = at + draw(st.integers(1, 120)) / 2
            found.append((gone, offer(name, gone, owner=owner, revision=1, retracted_ms=hour(gone), why="not theirs")))
        for _ in range(draw(st.integers(0, 4))):
            given_at, verdict = at + draw(st.integers(0, 200)) / 4, draw(st.sampled_from(VERDICTS))
            until = given_at + draw(st.integers(1, 60)) if verdict == "snoozed" else None
            late = draw(st.integers(0, 40)) / 2
            found.append((given_at + late, answer(verdict, given_at, name, until)))
    return found


def play(story: list[list[Offer | Answer]], looks: list[float]) -> tuple[list[Handover], HandoverState | None]:
    """Batches in turn, a look at the clocks after each; then one at the end."""
    state, said = None, []
    for batch, at in zip(story, looks, strict=True):
        folded = take(state, "acme", batch, POLICY)
        said += folded.lines
        state = folded.state
        if state is not None and state.due_ms and state.due_ms <= hour(at):
            woken = wake(state, hour(at), POLICY)
            said += woken.lines
            state = woken.state
    if state is not None:
        woken = wake(state, hour(END), POLICY)
        said += woken.lines
        state = woken.state
    return said, state


def standing(said: list[Handover]) -> dict[str, Handover]:
    newest = {line.entry_id: line for line in said}
    return {name: line.model_copy(update={"revision": 0}) for name, line in newest.items() if not line.withdrawn}


@settings(max_examples=150, deadline=None)
@given(stories(), st.integers(0, 2**16))
def test_any_order_cut_and_repetition_ends_in_the_same_ledger(
    story: list[tuple[float, Offer | Answer]], seed: int
) -> None:
    rng = Random(seed)
    calm = [item for _, item in sorted(story, key=lambda entry: entry[0])]
    expected, state = play([calm], [0.0])
    # alerts of one id keep their order, as on their partition; answers come in any
    offers = [item for item in calm if isinstance(item, Offer)]
    answers = [item for item in calm if isinstance(item, Answer)]
    answers += rng.sample(answers, rng.randint(0, len(answers)))
    rng.shuffle(answers)
    mixed: list[Offer | Answer] = []
    while offers or answers:
        mixed.append((offers if offers and (not answers or rng.random() < 0.5) else answers).pop(0))
    batches: list[list[Offer | Answer]] = [[]]
    for item in mixed:
        if rng.random() < 0.4:
            batches.append([])
        batches[-1].append(item)
    # looks come at most a day apart from what waits for its alert, since waiting ends then
    looks = sorted(rng.uniform(0, 24) for _ in batches)
    said, end = play(batches, looks)
    assert standing(said) == standing(expected)
    assert {one.alert_id: one.answers for one in end.held} == {one.alert_id: one.answers for one in state.held}
    for name in {line.entry_id for line in said}:
        assert [line.revision for line in said if line.entry_id == name] == list(
            range(sum(line.entry_id == name for line in said))
        )


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")),
    st.lists(st.sampled_from(("00:00-06:00", "06:00-12:00", "13:15-17:45", "20:00-24:00")), min_size=1, unique=True),
    st.sampled_from(("mon-fri", "sat-sun", "mon-sun")),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)),  # noqa: DTZ001 - the zone is set in the test
    st.integers(0, 60 * 24 * 5),
)
def test_working_time_is_that_of_a_clock_on_the_wall(
    zone: str, intervals: list[str], days: str, start: datetime, minutes: int
) -> None:
    calendar = Calendar(ZoneInfo(zone), week_of({days: tuple(intervals)}), frozenset({date(2026, 5, 1)}))
    begin = start.replace(second=0, microsecond=0, tzinfo=UTC)
    worked = 0
    for minute in range(minutes):
        wall = (begin + timedelta(minutes=minute)).astimezone(calendar.zone)
        at = wall.hour * 60 + wall.minute
        hours = calendar.hours.get(wall.weekday(), ())
        worked += wall.date() not in calendar.holidays and any(low <= at < high for low, high in hours)
    begin_ms = int(begin.timestamp() * 1000)
    assert worked_ms(calendar, begin_ms, begin_ms + minutes * 60_000) == worked * 60_000
    end_ms = after(calendar, begin_ms, worked * 60_000)
    assert end_ms is not None
    assert end_ms <= begin_ms + minutes * 60_000
    assert worked_ms(calendar, begin_ms, end_ms) == worked * 60_000
