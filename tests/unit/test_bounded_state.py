"""However much one account does: what is remembered of it is bounded, and so is what a batch of it costs in pages."""

import random
from collections.abc import Iterator, Sequence

from pipeline.journal.pages import BOUNDS
from pipeline.journey import EVIDENCE_MAX, PEOPLE_MAX, SEEN_MAX
from schemas.activity import Activity
from schemas.event import Grade
from tests.account_lane import AccountLane
from tests.builders import activity
from tests.journeys import REFERENCE

STATE_BYTES_MAX = 160_000
PAGES_MAX = 2 * BOUNDS.segment * (BOUNDS.full + 2) + BOUNDS.said
BATCH = 500


ALL_KINDS = sorted(REFERENCE.activities)


def crowd(count: int, kinds: Sequence[str] = ALL_KINDS) -> Iterator[Activity]:
    """Ever new people with new titles, assets, topics and features, a hit a minute, some late, some by machines."""
    luck = random.Random(1)
    for number in range(count):
        person = f"p{luck.randrange(count)}@acme.com" if luck.random() < 0.7 else ""
        day = number / 1440 - (luck.random() * 3 if luck.random() < 0.05 else 0)
        yield activity(
            day,
            luck.choice(kinds),
            person,
            event_id=f"e{number}",
            subject=f"e:{person}" if person else f"a:v-{luck.randrange(count)}",
            grade=luck.choice((Grade.HUMAN, Grade.HUMAN, Grade.SUSPECT, Grade.MACHINE)),
            job_title=f"Head of {number}" if person else "",
            asset=f"asset {number}",
            topic=f"topic {number}",
            feature=f"feature {number}",
        )


def sizes(count: int) -> list[tuple[int, int, int]]:
    """Bytes of the state, number and bytes of pages after each batch."""
    lane, batch, found = AccountLane(rules=REFERENCE), [], []
    for one in crowd(count):
        batch.append(one)
        if len(batch) == BATCH:
            lane.take(*batch)
            batch = []
            # what is sent goes out; a lane that keeps all of it would be what grows
            lane.transitions, lane.alerts, lane.returned, lane.results = [], [], [], []
            found.append((len(lane.value or b""), len(lane.pages), sum(map(len, lane.pages.values()))))
    return found


def test_an_account_that_never_rests_costs_no_more_than_its_bounds() -> None:
    found = sizes(16 * BATCH)
    half = len(found) // 2
    assert max(size for size, _, _ in found) <= STATE_BYTES_MAX
    assert max(count for _, count, _ in found) <= PAGES_MAX
    for part in (0, 2):
        early, later = max(one[part] for one in found[:half]), max(one[part] for one in found[half:])
        assert later <= 1.25 * early


def test_what_is_listed_is_listed_up_to_its_bound() -> None:
    lane = AccountLane(rules=REFERENCE)
    lane.take(*crowd(600, ["page_view", "pricing_view", "content_download", "feature_used"]))
    state = lane.state
    assert state is not None
    assert (len(state.evidence), len(state.people), len(state.seen)) == (EVIDENCE_MAX, PEOPLE_MAX, SEEN_MAX)
