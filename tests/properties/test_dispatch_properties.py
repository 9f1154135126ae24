"""However batches are cut, whatever comes twice and whenever the watermark is looked at: the same is sent, each alert
ends in exactly one way, and nobody gets more than they want."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dispatch.fold import WAITING_MAX
from schemas.alert import NOBODY, Alert, AlertStatus, Delivery
from schemas.base import from_ms, to_ms
from schemas.dispatch.held import Outcome
from tests.dispatches import POLICY, Desk, alert, retracted
from tests.handovers import hour

OWNERS = ("maria", "kim", "lee", "", NOBODY)
TRIGGERS = ("pricing_interest", "trial_started", "demo_request")
END = 24 * 12.0


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[float, Alert]]:
    """(hours, alert) in the order of the topic: raised, said anew, taken back, raised again."""
    found: list[tuple[float, Alert]] = []
    for number in range(draw(st.integers(1, 25))):
        at = draw(st.integers(0, 24 * 7 * 2)) / 2
        first = alert(
            number,
            at,
            draw(st.sampled_from(OWNERS)),
            trigger=draw(st.sampled_from(TRIGGERS)),
            score=float(draw(st.integers(0, 120))),
            act_by=from_ms(hour(at + draw(st.sampled_from((1, 4, 24, 72))))),
            domains=draw(st.sampled_from(((), ("uni.edu",)))) if draw(st.integers(0, 5)) == 0 else (),
        )
        found.append((at, first))
        for revision in range(1, draw(st.integers(1, 4))):
            at += draw(st.integers(1, 60)) / 2
            moved = {
                "revision": revision,
                "received_at": from_ms(hour(at) + 1),
                "score": float(draw(st.integers(0, 99))),
            }
            changed = first.model_copy(update=moved)
            found.append((at, retracted(changed, revision) if draw(st.booleans()) else changed))
    return sorted(found, key=lambda item: item[0])


def calm(stream: list[tuple[float, Alert]]) -> Desk:
    """One alert at a time, the watermark right behind."""
    desk = Desk()
    for at, item in stream:
        desk.wake(at)
        desk.take(item)
    desk.wake(END)
    return desk


def said(desk: Desk) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """All that was sent and recorded."""
    return (
        sorted(item.encode() for item in desk.alerts),
        sorted(item.encode() for item in desk.digests),
        sorted(item.encode() for item in desk.held),
    )


@settings(max_examples=150, deadline=None)
@given(streams(), st.integers(0, 2**16))
def test_any_cut_any_duplicate_and_any_watermark_give_the_same(stream: list[tuple[float, Alert]], seed: int) -> None:
    rng, expected, desk = Random(seed), calm(stream), Desk()
    # a watermark never is ahead of what may still come; how far it is behind is anybody's guess
    batch: list[Alert] = []
    seen: list[Alert] = []
    for number, (_, item) in enumerate(stream):
        batch.append(item)
        seen.append(item)
        if rng.random() < 0.1:
            batch.append(rng.choice(seen))
        if rng.random() < 0.5:
            desk.take(*batch)
            batch = []
            # timers due before what comes next may have fired by now, or fire later
            later = stream[number + 1][0] if number + 1 < len(stream) else END
            desk.wake(later)
    desk.take(*batch)
    desk.wake(END)
    assert said(desk) == said(expected)


@settings(max_examples=150, deadline=None)
@given(streams())
def test_each_alert_ends_in_exactly_one_way_and_nobody_gets_more_than_the_budget(
    stream: list[tuple[float, Alert]],
) -> None:
    desk = calm(stream)
    last = {record.alert_id: record for record in desk.held}
    for record in desk.held:
        same = [one.revision for one in desk.held if one.held_id == record.held_id]
        assert same == list(range(len(same)))
    first_sent: dict[str, Alert] = {}
    for item in desk.alerts:
        if item.status is AlertStatus.RAISED:
            first_sent.setdefault(item.alert_id, item)
    in_digests = Counter(
        entry.alert_id for digest in desk.digests for account in digest.accounts for entry in account.alerts
    )
    assert max(in_digests.values(), default=1) == 1
    for alert_id in {item.alert_id for _, item in stream}:
        record, item = last.get(alert_id), first_sent.get(alert_id)
        assert (item is not None) != (record is not None and record.outcome not in (Outcome.NOW, Outcome.DIGEST))
        assert record is None or record.outcome is not Outcome.WAITING
        assert (alert_id in in_digests) == (item is not None and item.delivery is Delivery.DIGEST)
    assert len({digest.digest_id for digest in desk.digests}) == len(desk.digests)
    days = Counter(
        (item.routed_to, POLICY.preferences(item.routed_to, item.team).day(moment_of(item)))
        for item in first_sent.values()
        if item.delivery is Delivery.NOW and item.trigger != "demo_request" and item.routed_to
    )
    assert max(days.values(), default=0) <= 4


def moment_of(item: Alert) -> int:
    return max(to_ms(item.raised_at), to_ms(item.received_at))


@settings(max_examples=40, deadline=None)
@given(streams())
def test_what_waits_and_what_is_known_of_an_owner_stays_small(stream: list[tuple[float, Alert]]) -> None:
    desk = Desk()
    for _, item in stream:
        desk.take(item)
    for state in desk.owners().values():
        assert len(state.waiting) <= WAITING_MAX
        assert len(state.sent) <= 7
        assert len(state.values) <= 40
