"""Whom an alert goes to, and what the policy may not say about it."""

from pathlib import Path

import pytest

from agents.handover.load import load_policy
from agents.settings import load
from deploy.cli.doctor import check_policy
from pipeline.dispatch.route import Facts, route
from pipeline.handover.policy import Policy
from schemas.alert import NOBODY
from schemas.base import Team
from schemas.errors import SettingsError
from tests.handovers import hour

POLICY = Policy.model_validate(
    {
        "calendars": {"kyiv": {"time_zone": "Europe/Kyiv", "hours": {"mon-fri": ["09:00-17:00"]}}},
        "teams": {"sales": {"desk": "sales desk"}, "service": {"desk": "lee"}},
        "owners": {
            "maria": {
                "calendar": "kyiv",
                "deputy": "sam",
                "absences": [
                    {"first_day": "2026-06-02", "last_day": "2026-06-03"},
                    {"first_day": "2026-06-10", "last_day": "2026-06-10", "deputy": "lee"},
                ],
            },
            "sam": {"deputy": "maria", "absences": [{"first_day": "2026-06-03", "last_day": "2026-06-05"}]},
            "lee": {"absences": [{"first_day": "2026-06-20", "last_day": "2026-06-20"}]},
        },
        "routes": [
            {"when": {"team": ["service"], "region": ["DACH", "UK"]}, "to": "service-eu"},
            {"when": {"trigger": ["demo_request"], "tier": ["1"], "owner": [""]}, "to": "vip"},
            {"when": {"trigger": ["noise"]}, "to": "nobody"},
            {"when": {"stage": ["customer"]}, "to": "desk"},
            {"when": {"account_team": ["partners"]}, "to": "maria"},
            {"when": {"account_team": ["core"], "product": ["pro"]}, "to": "owner"},
        ],
    }
)


def to(at: float = 0.0, **changed: object) -> str:
    given: dict[str, object] = {
        "team": Team.SALES,
        "trigger": "pricing_interest",
        "owner": "kim",
        "account_team": "",
        "tier": "1",
        "region": "US",
        "stage": "evaluating",
    }
    return route(Facts(**(given | changed)), POLICY, hour(at))  # type: ignore[arg-type]


def test_without_a_route_it_is_the_accounts_owner_then_the_desk_then_the_whole_team() -> None:
    assert to() == "kim"
    assert to(owner="") == "sales desk"
    assert to(owner="", team=Team.MARKETING) == ""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"team": Team.SERVICE, "region": "UK"}, "service-eu"),
        ({"team": Team.SALES, "region": "UK"}, "kim"),
        ({"trigger": "demo_request", "owner": ""}, "vip"),
        ({"trigger": "demo_request"}, "kim"),
        ({"trigger": "noise"}, NOBODY),
        ({"trigger": "noise", "team": Team.SERVICE, "region": "DACH"}, "service-eu"),  # the first that fits counts
        ({"stage": "customer"}, "sales desk"),
        ({"account_team": "partners"}, "maria"),
        ({"account_team": "core", "product": "pro"}, "kim"),
    ],
)
def test_the_first_route_that_fits_counts(changed: dict[str, object], expected: str) -> None:
    assert to(**changed) == expected


def test_who_is_away_is_stood_in_for() -> None:
    assert to(12.9, owner="maria") == "maria"  # 23:54 in Kyiv
    assert to(13.1, owner="maria") == "sam"
    assert to(24 + 16, owner="maria") == "sales desk"  # both are away, and stand in for each other
    assert to(24 * 9, owner="maria") == "lee"
    assert to(24 * 3, owner="maria") == "maria"
    assert to(24 * 19, owner="", team=Team.SERVICE) == ""  # the desk is away, too


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routes: [{when: {}, to: kim}]", "say what it is for: team, trigger"),
        ("routes: [{when: {regoin: [DACH]}, to: kim}]", "regoin: Extra inputs"),
        ("routes: [{when: {team: [press]}, to: kim}]", "routes.0.when.team.0"),
        ("routes: [{when: {tier: ['1']}, to: ''}]", "routes.0.to"),
        ("suppress: [{why: a word}]", "name at least one domain, account, trigger or role"),
        ("value: {fit: {E: 1}}", "value.fit.E"),
        ("value: {triggers: {demo_request: -1}}", "value.triggers.demo_request"),
        ("teams: {sales: {daily_budget: 0}}", "teams.sales.daily_budget"),
        ("teams: {sales: {digest_at: 4pm}}", "`4pm` is no time of day such as `16:00`"),
        ("teams: {sales: {digest_at: '24:00'}}", "`24:00` is no time of day"),
        ("teams: {sales: {quiet_hours: nights}}", "teams.sales.quiet_hours"),
        ("teams: {sales: {quiet_hours: off_hours}}", "`sales` has `quiet_hours: off_hours` but no calendar"),
        ("owners: {kim: {quiet_hours: off_hours}}", "`kim` has `quiet_hours: off_hours` but no calendar"),
        ("owners: {kim: {quiet_hours: {mon-sun: ['00:00-24:00']}}}", "the whole week is quiet"),
        ("owners: {kim: {quiet_hours: {}}}", "no hours are given"),
        ("owners: {kim: {quiet_hours: {mon: ['22-6']}}}", "no interval"),
        (
            "owners: {kim: {absences: [{first_day: 2027-01-05, last_day: 2027-01-04}]}}",
            "ends on 2027-01-04, before it begins",
        ),
        ("owners: {kim: {absences: [{first_day: 01-05, last_day: 01-06}]}}", "owners.kim.absences.0.first_day"),
        ("owners: {kim: {absences: [{first_day: 2027-02-30, last_day: 2027-03-30}]}}", "day is out of range"),
        ("owners: {kim: {absences: [{first_day: '2027-02-30', last_day: 2027-03-30}]}}", "owners.kim.absences.0"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_policy(path)
    assert said in str(caught.value)


async def test_doctor_says_what_the_policy_names_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("teams: {sales: {urgent: [demo_reqest]}}\nroutes: [{when: {stage: [customer]}, to: kim}]\n")
    with pytest.raises(SettingsError, match="demo_reqest"):
        await check_policy(load(handover_file=path))
    path.write_text("teams: {sales: {urgent: [demo_request]}}\nroutes: [{when: {stage: [customer]}, to: kim}]\n")
    assert "0 owners with rules, 1 routes" in await check_policy(load(handover_file=path))
    assert "0 routes" in await check_policy(load())
