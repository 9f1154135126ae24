"""The promise on machines, held on simulated worlds: bursts are caught, humans are not lost."""

import pytest

from deploy.simulate import Label, WorldSpec, messages
from deploy.simulate.mail.gateways import Gateway, gateway_of
from deploy.simulate.truth import truth
from schemas.event import Grade
from tests.machine_worlds import Tally, judged

CAUGHT_FROM = 0.98
LOST_UPTO = 0.005
SPEC = WorldSpec(seed=5, companies=120, machine_share=0.15)
LATE = WorldSpec(seed=8, companies=150, machine_share=0.15, late_share=0.3, sendgrid_share=0.2)
MACHINES = ("scanner", "slow_scanner", "rescan", "proxy_open", "crawler", "burst")


@pytest.fixture(scope="module", params=[SPEC, LATE], ids=["usual", "late and native"])
def tally(request: pytest.FixtureRequest) -> Tally:
    return judged(request.param)


def test_scanner_bursts_are_caught(tally: Tally) -> None:
    assert tally.total("scanner") > 200
    assert tally.share((Grade.MACHINE,), "scanner") >= CAUGHT_FROM


def test_hardly_any_human_is_lost(tally: Tally) -> None:
    assert tally.total("human click") > 80
    assert tally.share((Grade.MACHINE,), "human click") <= LOST_UPTO
    assert tally.share((Grade.MACHINE,), "human open", "human click") <= LOST_UPTO
    assert tally.share((Grade.MACHINE, Grade.SUSPECT), "human page_view") <= LOST_UPTO
    assert tally.share((Grade.SUSPECT,), "human click") <= 0.02


def test_other_machines_weigh_little(tally: Tally) -> None:
    assert tally.share((Grade.MACHINE, Grade.SUSPECT), *MACHINES) >= CAUGHT_FROM
    assert tally.total("rescan") > 0
    assert tally.share((Grade.MACHINE,), "rescan") >= 0.9
    assert tally.share((Grade.MACHINE, Grade.SUSPECT), "slow_scanner") >= 0.9


def test_every_kind_of_gateway_is_in_the_world() -> None:
    companies = truth(SPEC).companies()
    assert {gateway_of(SPEC, company) for company in companies} == {*Gateway, None}


def test_a_record_may_hold_a_machines_hit_and_a_humans() -> None:
    mixed = [one for one in messages(SPEC) if 0 < len(one.machines) < len(one.event_ids)]
    assert mixed
    for one in mixed:
        assert one.label in (Label.HUMAN, Label.DUPLICATE)
        assert {kind for _, kind in one.machines} == {"rescan"}
    for one in messages(SPEC):
        ids = {event_id for event_id, _ in one.machines}
        assert ids <= set(one.event_ids)
        assert one.label not in (Label.HUMAN, Label.MACHINE) or (ids == set(one.event_ids)) == (
            one.label is Label.MACHINE
        )
