"""The last word on each hit does not depend on the order events come in, nor on when quarantines are ended."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline.machines.threads import BEATS_MAX, DELIVERED_MAX, THREADS_MAX
from pipeline.machines.views import VIEWS_KEPT
from pipeline.machines.watch import PROOFS_MAX, settle, watch
from schemas.event import Event, Grade, NetworkKind
from schemas.hit import Pulse
from tests.builders import BASE_MS, event
from tests.mail import BROWSER, CLOUD, FOREVER_MS, GATEWAY, OFFICE, PHONE, mail

PULSE = TypeAdapter(Pulse | None)
Words = dict[str, tuple[Grade, str] | Grade]

hits = st.builds(
    mail,
    st.sampled_from(("delivered", "open", "open", "click", "click", "click", "click", "unsubscribe", "reply")),
    # moments near to each other and to the edges of the windows
    st.sampled_from((0, 1, 2, 3, 5, 5.5, 8, 10, 12, 30, 31, 60, 200, 901, 3000, 3001, 3003, 3601, 20_000)),
    st.integers(0, 4),
    ip=st.sampled_from(("", OFFICE, OFFICE, GATEWAY, CLOUD)),
    network_kind=st.sampled_from((NetworkKind.UNKNOWN, NetworkKind.ISP, NetworkKind.HOSTING)),
    user_agent=st.sampled_from(("", BROWSER, BROWSER, PHONE)),
    message_id=st.sampled_from(("m-1", "m-1", "m-1", "m-2")),
    properties=st.sampled_from(({}, {}, {}, {}, {"link_trap": "1"})),
    clamped=st.sampled_from((False, False, False, True)),
)
stories = st.lists(hits, max_size=14, unique_by=lambda one: one.event_id).filter(
    # within what is kept: nothing falls out
    lambda story: (
        sum(one.type == "delivered" for one in story) <= DELIVERED_MAX
        and len({one.occurred_ms for one in story if one.type == "reply"}) <= PROOFS_MAX
    )
)


def last_words(story: list[Event], settled: dict[int, int]) -> tuple[dict[str, Grade], Pulse | None]:
    """The last grade of each event; `settled`: after so many events, end quarantines up to that time."""
    pulse: Pulse | None = None
    words: dict[str, Grade] = {}
    for number, one in enumerate(story):
        found = watch(one, pulse)
        words[one.event_id] = found.grade
        changes = list(found.verdicts)
        pulse = PULSE.validate_json(PULSE.dump_json(found.pulse))
        assert pulse == found.pulse
        if pulse is not None and number in settled:
            pulse, more = settle(pulse, settled[number])
            changes += more
        for change in changes:
            assert words[change.event_id] is not change.grade, "a verdict is news"
            words[change.event_id] = change.grade
    if pulse is not None:
        pulse, more = settle(pulse, FOREVER_MS)
        words |= {one.event_id: one.grade for one in more}
        assert pulse.due_ms == 0
        assert settle(pulse, FOREVER_MS) == (pulse, ())
    return words, pulse


@settings(deadline=None, max_examples=400)
@given(st.data(), stories)
def test_order_and_settling_do_not_matter(data: st.DataObject, story: list[Event]) -> None:
    shuffled = data.draw(st.permutations(story))
    moments = st.integers(BASE_MS, BASE_MS + 30_000_000)
    settled = data.draw(st.dictionaries(st.integers(0, 13), moments, max_size=3))
    words, pulse = last_words(sorted(story, key=lambda one: one.occurred_ms), {})
    again, other = last_words(shuffled, settled)
    assert again == words
    assert other == pulse


@settings(deadline=None, max_examples=100)
@given(stories)
def test_a_duplicate_changes_nothing(story: list[Event]) -> None:
    words, pulse = last_words(story, {})
    for one in story:
        found = watch(one, pulse)
        assert found.verdicts == ()
        assert found.pulse == pulse
        assert found.grade is words[one.event_id]


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_what_is_kept_is_bounded(data: st.DataObject) -> None:
    many = st.builds(
        mail,
        st.sampled_from(("delivered", "open", "click", "reply")),
        st.integers(0, 90_000),
        st.integers(0, 4),
        message_id=st.sampled_from([f"m-{number}" for number in range(12)] + ["m-1"] * 30),
    )
    pulse: Pulse | None = None
    for one in data.draw(st.lists(many, min_size=60, max_size=120)):
        pulse = watch(one, pulse).pulse
        assert pulse is not None
        assert len(pulse.threads) <= THREADS_MAX
        assert all(len(thread.beats) <= BEATS_MAX for thread in pulse.threads)
        assert all(len(thread.delivered) <= DELIVERED_MAX for thread in pulse.threads)
        assert len(pulse.proofs) <= PROOFS_MAX


@settings(deadline=None, max_examples=30)
@given(st.data(), st.sampled_from((0.5, 0.9, 1.1, 6.5, 7.3)), st.integers(1, 90))
def test_page_bursts_do_not_depend_on_order(data: st.DataObject, gap_seconds: float, count: int) -> None:
    views = [event(number * gap_seconds / 86_400, event_id=f"v{number}") for number in range(count)]
    words, _ = last_words(views, {})
    again, _ = last_words(data.draw(st.permutations(views)), {})
    assert again == words
    burst = count > 60 and 60 * gap_seconds < 60
    assert set(words.values()) == {Grade.SUSPECT if burst else Grade.HUMAN}


def test_page_views_kept_are_bounded() -> None:
    pulse: Pulse | None = None
    for number in range(700):
        pulse = watch(event(number / 86_400, event_id=f"v{number}"), pulse).pulse
    assert pulse is not None
    assert len(pulse.views) == VIEWS_KEPT
    later = watch(event(1, event_id="next"), pulse).pulse
    assert later is not None
    assert len(later.views) == 1
    assert watch(event(0.5, event_id="too late"), later).pulse == later
