"""Journeys of one account side by side: which product an activity is about, and what each journey keeps to itself."""

from typing import Any

import pytest
from pydantic import ValidationError

from agents.advance import PRODUCT, journey_key
from pipeline.directory import EMPTY, Directory
from pipeline.rules.live import Live
from pipeline.rules.products import ProductRule
from schemas.account import Account
from schemas.activity import Activity
from schemas.journey import JourneyState
from schemas.topics import RETURNED, TRANSITIONS, TRIGGERS
from tests.account_lane import retraction
from tests.builders import activity
from tests.journeys import changed
from tests.unit.test_advance_handler import Lane, sent

RULES = changed(
    products=(
        ProductRule(name="flow", label="Flow", products=("flow",), pages=("flow",), topics=("automation",)),
        ProductRule.model_validate(
            {"name": "vault", "features": ["vault*"], "properties": {"workspace": {"any_of": ["vault*"]}}}
        ),
    )
)
RIVAL = Account(account_id="acme", name="Acme", suppressed="competitor")


class ProductLane(Lane):
    def __init__(self) -> None:
        super().__init__()
        self.live = Live(RULES)

    def states(self) -> dict[str, JourneyState]:
        found = {}
        for key, value in self.store.committed.items():
            if b"\xff" not in key:
                state = JourneyState.model_validate_json(value)
                assert key == journey_key(state.account_id.encode(), state.product)
                found[state.product] = state
        return found


@pytest.mark.parametrize(
    ("fields", "product"),
    [
        ({}, ""),
        ({"product": "Flow, team plan"}, "flow"),
        ({"product": "overflow"}, ""),
        ({"url": "https://x.io/flow/pricing"}, "flow"),
        ({"topic": "Automation at work"}, "flow"),
        ({"feature": "VaultSync"}, "vault"),
        ({"properties": {"workspace": "vault-17"}}, "vault"),
        ({"properties": {"workspace": "other"}}, ""),
        ({"product": "flow", "feature": "vault sync"}, "flow"),
    ],
)
def test_the_first_product_that_is_named_counts(fields: dict[str, Any], product: str) -> None:
    assert RULES.product_choice.product_of(activity(0, "page_view", **fields)) == product
    assert RULES.asked >= {"workspace"}


def test_a_product_is_known_by_something() -> None:
    with pytest.raises(ValidationError, match="say how it is known"):
        ProductRule(name="flow")


def flow(days: float, kind: str, person: str = "jane@acme.com", **fields: Any) -> Activity:
    return activity(days, kind, person, product="flow", **fields)


def test_each_journey_has_a_stage_and_alerts_of_its_own() -> None:
    lane = ProductLane()
    out, _ = lane.handle(activity(0, "page_view"), flow(0.1, "demo_request"), activity(0.2, "demo_request"))
    states = lane.states()
    assert {name: state.stage for name, state in states.items()} == {"": "deciding", "flow": "deciding"}
    assert [len(state.evidence) for _, state in sorted(states.items())] == [2, 1]
    moves = sent(out, TRANSITIONS)
    assert {key for key, _, _ in moves} == {b"acme"}
    assert {value["product"] for _, value, _ in moves} == {"", "flow"}
    demo = [value for _, value, _ in sent(out, TRIGGERS) if value["trigger"] == "demo_request"]
    assert sorted(value["product"] for value in demo) == ["", "flow"]
    assert len({value["alert_id"] for value in demo}) == 2
    assert [value["why"].startswith("Acme Corp (Flow): ") for value in demo if value["product"]] == [True]


def test_a_sale_of_a_product_makes_a_customer_of_it_alone() -> None:
    lane = ProductLane()
    known = Account(account_id="acme", name="Acme", status="customer")
    lane.directory = Directory({"acme": known})
    lane.handle(activity(0, "page_view"), flow(0, "page_view"))
    states = lane.states()
    assert (states[""].customer_since_ms > 0, states["flow"].customer_since_ms) == (True, 0)
    lane.handle(flow(1, "opportunity_won"))
    assert lane.states()["flow"].stage == "customer"


def test_a_retraction_reaches_all_journeys_of_the_account() -> None:
    lane = ProductLane()
    anonymous = {"subject": "a:v-1"}
    lane.handle(activity(0, "demo_request", "", **anonymous), flow(0.1, "demo_request", "", **anonymous))
    out, _ = lane.handle(retraction(2))
    assert [value["withdrawn"] for _, value, _ in sent(out, TRANSITIONS)] == [True, True]
    assert len([hit for _, value, _ in sent(out, RETURNED) for hit in value["hits"]]) == 2
    assert {state.stage for state in lane.states().values()} == {"unaware"}


def test_suppression_reaches_all_journeys_of_the_account() -> None:
    lane = ProductLane()
    lane.handle(flow(0.1, "demo_request"))
    lane.directory = Directory({"acme": RIVAL})
    assert lane.tick() is not None
    assert [state.suppressed for state in lane.states().values()] == [True]
    lane.handle(activity(1, "demo_request"))
    assert lane.tick() is None
    lane.directory = EMPTY
    assert lane.tick() is not None
    assert [state.suppressed for state in lane.states().values()] == [False, False]
    assert lane.tick() is None


def test_no_account_has_a_key_with_the_separator() -> None:
    assert PRODUCT not in "acme-ÿþ".encode()
    assert journey_key(b"acme", "") == b"acme"
    assert journey_key(b"acme", "flow") == b"acme\xfeflow"
