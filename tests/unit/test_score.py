import pytest

from pipeline.score import causes_of, evidence_points, quantise, score_of, share_left
from schemas.journey import Carry, Evidence
from tests.builders import DAY_MS, at
from tests.journeys import SAAS


def evidence(days: float, type: str = "pricing_view", points: float = 10.0) -> Evidence:
    return Evidence(event_id=f"{type}{days}", type=type, occurred_ms=at(days), points=points, confidence=1.0)


def test_points_halve_every_half_life() -> None:
    assert share_left("pricing_view", 14 * DAY_MS, SAAS) == 0.5
    assert share_left("pricing_view", 0, SAAS) == 1.0
    assert share_left("pricing_view", -5, SAAS) == 1.0
    assert share_left("never_heard_of", 14 * DAY_MS, SAAS) == 0.5
    assert evidence_points(evidence(0), at(14), SAAS) == 5.0


def test_points_are_eighths() -> None:
    assert quantise(3.14) == 3.125
    assert quantise(0.05) == 0.0


def test_causes_add_up_to_the_score_exactly() -> None:
    items = [evidence(day / 7, kind) for day, kind in enumerate(["pricing_view", "page_view", "docs_view"] * 9)]
    carried = [Carry(type="page_view", count=4, points=3.375, as_of_ms=at(0))]
    now = at(5.3)
    causes = causes_of(items, carried, now, SAAS, frozenset())
    assert sum(cause.points for cause in causes) == score_of(items, carried, now, SAAS)
    assert sum(cause.points for cause in reversed(causes)) == score_of(items, carried, now, SAAS)


def test_largest_first_and_worthless_left_out_unless_decisive() -> None:
    items = [evidence(0, "ticket_opened", 0.0), evidence(0.1, "ticket_opened", 0.0), evidence(0, "page_view", 1.0)]
    causes = causes_of(items, (), at(1), SAAS, {items[0].event_id})
    assert [(cause.type, cause.decisive) for cause in causes] == [("page_view", False), ("ticket_opened", True)]


@pytest.mark.parametrize("kind", sorted(SAAS.activities))
def test_every_type_has_words(kind: str) -> None:
    assert SAAS.label(kind)
