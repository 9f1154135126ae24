"""Journeys side by side: each is that of its own activities alone, however they are mixed, cut and copied."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Activity
from schemas.journey import JournalHead, JourneyState
from tests.account_lane import retraction
from tests.builders import activity
from tests.unit.test_products import ProductLane

KINDS = ("page_view", "pricing_view", "demo_request", "feature_used", "opportunity_won", "opportunity_lost")


@st.composite
def traffic(draw: st.DrawFn) -> list[Activity]:
    made: list[Activity] = []
    for number in range(draw(st.integers(1, 14))):
        if draw(st.integers(0, 6)) == 0:
            made.append(retraction(30 + number, "a:v-1", f"reason {number}"))
            continue
        person = draw(st.sampled_from(("", "jane@acme.com")))
        kind, product = draw(st.sampled_from(KINDS)), draw(st.sampled_from(("", "flow", "vault sync")))
        made.append(
            activity(
                number + draw(st.floats(-2, 2)), kind, person, event_id=f"e{number}", product=product, feature=product
            )
        )
    return made


def run(made: list[Activity], cuts: list[bool]) -> dict[str, JourneyState]:
    lane, batch = ProductLane(), list[Activity]()
    for number, one in enumerate(made):
        batch.append(one)
        if number < len(cuts) and cuts[number]:
            lane.handle(*batch)
            batch = []
    if batch:
        lane.handle(*batch)
    return {name: state.model_copy(update={"journal": JournalHead()}) for name, state in lane.states().items()}


@settings(deadline=None, max_examples=40)
@given(traffic(), st.lists(st.booleans(), max_size=14))
def test_each_journey_is_that_of_its_own_activities(made: list[Activity], cuts: list[bool]) -> None:
    whole = run(made, cuts)
    for name in ("", "flow", "vault"):
        own = [one for one in made if one.product.split()[:1] == ([name] if name else []) or one.type == "retraction"]
        assert run(own, []).get(name) == whole.get(name)
