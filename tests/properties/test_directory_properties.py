"""A directory after any changes answers as one built anew, and what it was made from stays as it was."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.accounts.frozen_map import FrozenMap
from pipeline.directory import Directory
from schemas.account import Account, DomainPeriod
from schemas.base import to_ms

IDS = ("a", "b", "c", "d")
HOSTS = ("x.com", "y.com", "eu.x.com", "z.de")
NAMES = ("Acme", "ACME Inc", "Zed", "SE")
RANGES = ("198.51.100.0/24", "198.51.100.0/25", "198.51.100.7", "2001:db8:7::/48", "10.0.0.0/8", "nonsense")
ADDRESSES = ("198.51.100.7", "198.51.100.8", "198.51.100.200", "::ffff:198.51.100.7", "2001:db8:7::1", "192.0.2.1", "")
START = date(2026, 1, 1)
MOMENTS = [to_ms(datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)) for day in range(-1, 9)]
days = st.none() | st.integers(0, 3).map(lambda number: START + timedelta(days=number))
ends = st.none() | st.integers(3, 6).map(lambda number: START + timedelta(days=number))
periods = st.builds(DomainPeriod, domain=st.sampled_from(HOSTS), valid_from=days, valid_to=ends)


def lists(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=3).map(tuple)


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, Account | None]:
    key = draw(st.sampled_from(IDS))
    if draw(st.integers(0, 3)) == 0:
        return key, None
    return key, Account(
        account_id=key,
        name=draw(st.sampled_from(NAMES)),
        aliases=draw(lists(NAMES)),
        domains=draw(lists(HOSTS)),
        domain_periods=tuple(draw(st.lists(periods, max_size=3))),
        office_ranges=draw(lists(RANGES)),
        suppressed=draw(st.sampled_from(("", "press"))),
    )


def answers(directory: Directory) -> list[object]:
    return [
        len(directory),
        directory.suppressed,
        *(directory.account(key) for key in IDS),
        *(directory.owners(host, at_ms) for host in (*HOSTS, "mail.y.com", "") for at_ms in MOMENTS),
        *(directory.named(name) for name in (*NAMES, "")),
        *(directory.offices(address) for address in ADDRESSES),
    ]


@given(st.lists(st.lists(changes(), max_size=4), max_size=6))
def test_a_changed_directory_is_one_built_anew(batches: list[list[tuple[str, Account | None]]]) -> None:
    accounts: dict[str, Account] = {}
    directory = Directory(accounts)
    for batch in batches:
        before, was = directory, answers(directory)
        directory = directory.with_changes(batch)
        for key, account in batch:
            accounts.pop(key, None)
            if account is not None:
                accounts[key] = account
        assert answers(directory) == answers(Directory(accounts))
        assert answers(before) == was


@given(st.lists(st.dictionaries(st.integers(0, 5000), st.none() | st.integers(), max_size=20), max_size=6))
def test_a_frozen_map_is_a_dict_that_is_copied(batches: list[dict[int, int | None]]) -> None:
    plain: dict[int, int] = {}
    frozen: FrozenMap[int, int] = FrozenMap()
    for batch in batches:
        before, was = frozen, dict(plain)
        frozen = frozen.with_changes(batch)
        plain = {key: value for key, value in (plain | batch).items() if value is not None}
        assert {key: frozen.get(key) for key in frozen} == plain
        assert (len(frozen), frozen.get(-1)) == (len(plain), None)
        assert {key: before.get(key) for key in before} == was
    assert {key: FrozenMap(plain).get(key) for key in FrozenMap(plain)} == plain
