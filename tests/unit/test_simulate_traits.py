"""What makes naming hard, each by itself: that it is in the traffic, and that the truth says so."""

from collections import Counter, defaultdict
from dataclasses import fields, replace
from ipaddress import ip_address
from itertools import pairwise

import orjson
import pytest

from deploy.simulate import HARD, Label, Map, Message, Traits, Use, WorldSpec, accounts, csv_lines, messages, true_hits
from deploy.simulate.traits.networks import MADE_UP, OTHERS, address_in, rows_of
from deploy.simulate.traits.scenes import SCENES
from deploy.simulate.traits.twist import PLACEHOLDERS
from deploy.simulate.truth import truth

SPEC = WorldSpec.hard(companies=120)


@pytest.fixture(scope="module")
def traffic() -> list[Message]:
    return list(messages(SPEC))


def with_only(**traits: float) -> WorldSpec:
    return WorldSpec(companies=60, traits=Traits(**traits))  # type: ignore[arg-type]


def items(traffic: list[Message]) -> list[tuple[Message, dict[str, object]]]:
    found = []
    for message in traffic:
        if message.label is not Label.BAD:
            body = orjson.loads(message.value)
            found += [(message, item) for item in (body if isinstance(body, list) else [body])]
    return found


def test_a_world_without_traits_is_as_it_was_and_a_hard_one_is_the_same_each_time(traffic: list[Message]) -> None:
    assert list(messages(WorldSpec(companies=5, traits=Traits()))) == list(messages(WorldSpec(companies=5)))
    assert traffic == list(messages(SPEC))
    assert list(csv_lines(SPEC)) == list(csv_lines(SPEC))


def test_each_trait_changes_the_world() -> None:
    plain = list(messages(WorldSpec(companies=60)))
    known = [message.value for message in accounts(WorldSpec(companies=60))]
    table = list(csv_lines(WorldSpec(companies=60)))
    for field in fields(Traits):
        spec = with_only(**{field.name: 10 if field.name == "network_accounts" else 0.5})
        changed = (list(messages(spec)), [message.value for message in accounts(spec)], list(csv_lines(spec)))
        assert changed != (plain, known, table), field.name


@pytest.mark.parametrize("wrong", [{"away": -0.1}, {"leaver": 1.1}, {"network_accounts": -1}])
def test_what_is_no_share_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="share"):
        Traits(**wrong)  # type: ignore[arg-type]


def test_scenes_make_their_share_of_records(traffic: list[Message]) -> None:
    counted = Counter(message.kind for message in traffic if message.label is Label.HUMAN)
    for name in SCENES:
        assert counted[name] / len(traffic) == pytest.approx(HARD.share_of(name), rel=0.35)


def test_the_table_has_no_overlap_and_the_map_knows_each_row() -> None:
    rows = sorted(rows_of(SPEC), key=lambda row: row.first)
    assert all(before.last < after.first for before, after in pairwise(rows))
    truly = Map(SPEC)
    for row in rows:
        assert truly.of(str(ip_address(row.first))) == truly.of(str(ip_address(row.last))) == row
    assert truly.of("8.8.8.8") is None
    assert truly.of("nowhere") is None
    assert len(list(csv_lines(SPEC))) == len(rows)
    for use in set(Use) - {Use.COMPANY}:
        row = truly.of(address_in(SPEC, use, "someone"))
        assert row is not None
        assert row.holder.use is use


def test_own_networks_belong_to_companies_and_are_called_like_them() -> None:
    names = {company.account_id: company.name for company in truth(SPEC).companies()}
    own = [row for row in rows_of(SPEC) if row.account_id]
    assert 0.1 < len(own) / SPEC.companies < 0.4
    for row in own:
        assert row.holder.name.upper().removeprefix("THE ").startswith(names[row.account_id].split()[0].upper())


def test_people_are_at_home_on_the_road_and_seldom_at_their_desk(traffic: list[Message]) -> None:
    truly, uses, people = Map(SPEC), Counter[Use](), defaultdict[str, set[str]](set)
    for message, item in items(traffic):
        context = item.get("context") or {}
        address = item.get("ip") or item.get("request_ip") or context.get("ip")  # type: ignore[attr-defined]
        row = truly.of(str(address)) if address else None
        if row and message.kind == "journey":
            uses[row.holder.use] += 1
            people[str(address)].add(message.doers[0])
    assert {Use.ISP, Use.MOBILE, Use.VPN, Use.HOSTING, Use.COMPANY} <= uses.keys()
    assert uses[Use.COMPANY] < 0.3 * uses.total()
    assert any(len(doers) > 5 for doers in people.values())  # a café


def test_forwarded_mail_is_clicked_by_others_and_read_on_their_browsers(traffic: list[Message]) -> None:
    clicked = [(m, item) for m, item in items(traffic) if m.kind == "forwarded" and m.topic_noun == "email"]
    assert clicked
    assert all(item["email"] != m.doers[0] for m, item in clicked)
    owner = {person.email: company.account_id for company, person in truth(SPEC).people()}
    assert all(owner[m.doers[0]] == m.account_id for m, _ in clicked)
    assert {owner[str(item["email"])] == m.account_id for m, item in clicked} == {True, False}


def test_a_shared_device_has_one_id_and_people_of_several_companies(traffic: list[Message]) -> None:
    by_id: dict[str, set[str]] = defaultdict(set)
    for message, item in items(traffic):
        if message.kind == "shared_device":
            by_id[str(item.get("anonymous_id") or item.get("anonymousId"))].add(message.account_id)
    assert max(map(len, by_id.values())) >= 3


def test_a_leaver_and_a_late_work_mail_keep_the_device_under_two_mailboxes(traffic: list[Message]) -> None:
    for kind, companies in (("leaver", 2), ("late_work_mail", 1)):
        forms: dict[str, set[str]] = defaultdict(set)
        truly: dict[str, set[str]] = defaultdict(set)
        for message, item in items(traffic):
            if message.kind == kind:
                given = str(item.get("anonymous_id") or item.get("anonymousId"))
                truly[given].add(message.account_id)
                if b"@" in message.value:
                    forms[given] |= {word for word in message.value.decode().split('"') if "@" in word}
        assert max(map(len, forms.values())) == 2, kind
        assert max(map(len, truly.values())) == companies, kind


def test_a_known_user_is_linked_by_the_user_id_alone(traffic: list[Message]) -> None:
    told = [item for message, item in items(traffic) if message.kind == "known_user"]
    calls = [item for item in told if item["type"] == "identify"]
    assert calls
    assert all(item["user_id"] and "email" not in item for item in calls)
    tickets = {item["user_id"]: item["email"] for item in told if item["type"] == "ticket_opened"}
    assert {item["user_id"] for item in calls} & tickets.keys()


def test_a_consultant_sits_at_the_office_of_another_company(traffic: list[Message]) -> None:
    truly = Map(replace(SPEC, traits=replace(HARD, own_network=1.0)))
    seen = Counter[bool]()
    for message, item in items(traffic):
        context = item.get("context") or {}
        address = item.get("ip") or item.get("request_ip") or context.get("ip")  # type: ignore[attr-defined]
        if message.kind == "consultant" and (row := truly.of(str(address))):
            seen[row.account_id == message.account_id] += 1
    assert seen[False] > 10 * seen[True]


def test_placeholders_role_mailboxes_and_undeclared_domains_are_there(traffic: list[Message]) -> None:
    text = b"\n".join(message.value for message in traffic if message.label is Label.HUMAN).decode()
    assert '"info@' in text
    spec = with_only(placeholder=0.5)
    ids = {str(item.get("anonymous_id") or item.get("anonymousId")) for _, item in items(list(messages(spec)))}
    assert ids & set(PLACEHOLDERS)
    declared = {orjson.loads(message.value)["account_id"]: orjson.loads(message.value) for message in accounts(SPEC)}
    hidden = [
        c for c in truth(SPEC).companies() if c.in_directory and set(c.domains) - set(declared[c.account_id]["domains"])
    ]
    assert 3 < len(hidden) < 40


def test_networks_are_accounts_and_those_whose_name_does_not_tell_are_flagged() -> None:
    records = [orjson.loads(message.value) for message in accounts(SPEC) if message.kind == "network_account"]
    assert len(records) == len(MADE_UP) == HARD.network_accounts
    telling = {holder.name: holder.telling for holder in OTHERS}
    assert all(record["never_by_ip"] is not telling[record["name"]] for record in records)
    assert {record["never_by_ip"] for record in records} == {True, False}


def test_the_truth_has_each_good_event_once(traffic: list[Message]) -> None:
    hits = true_hits(traffic)
    good = {i for m in traffic if m.label in (Label.HUMAN, Label.MACHINE) for i in m.event_ids}
    assert hits.keys() == good
    assert all(not hit.doer for hit in hits.values() if hit.machine)
    assert all(not hit.account_id for hit in hits.values() if hit.kind in ("visitor", "freemail", "crawler"))
    assert sum(bool(hit.doer) for hit in hits.values() if hit.kind == "journey") > 0.9 * sum(
        hit.kind == "journey" for hit in hits.values()
    )
