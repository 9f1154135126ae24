"""A file of accounts, what a change of the directory means, and the commands around them."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.__main__ import app
from deploy.cli.directory import accounts as accounts_command
from deploy.cli.directory import domains as domains_command
from deploy.cli.directory.topic import Present
from pipeline.accounts.compare import clashes, compare
from pipeline.accounts.promote import promoted, with_domain
from pipeline.accounts.table import read_accounts
from schemas.account import Account, AccountStatus, DomainKind, DomainPeriod
from schemas.errors import SettingsError
from schemas.identity import FactKind, IdentityFact, Method

HEAD = "account_id,name,domains,target,office_ranges\n"
PLACES = "account_id,name,domains,alias_domains,subsidiaries\n"


def test_an_accounts_file() -> None:
    text = (
        "\ufeffaccount_id,name,domains,aliases,owner,region,tier,target,status,customer_since,renewal date,"
        "office_ranges,suppressed,never_by_ip\n"
        'acme,"Acme, Inc.",acme.com;Acme.DE,Acme Works,m@x.io,EU,1,yes,customer,2025-01-31,2027-03-31,'
        "198.51.100.0/24,,\n"
        "\n"
        "tele,Tele,,,,,,,,,,,,true\n"
    )
    sheet = read_accounts(text.splitlines())
    assert sheet.problems == []
    acme, tele = sheet.accounts
    assert (acme.name, acme.domains, acme.aliases) == ("Acme, Inc.", ("acme.com", "acme.de"), ("Acme Works",))
    assert (acme.target, acme.status, acme.never_by_ip) == (True, AccountStatus.CUSTOMER, False)
    assert acme.customer_since is not None
    assert acme.renews_on == date(2027, 3, 31)
    assert tele.never_by_ip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nA\n", "line 1, account_id: the column is missing"),
        ("account_id,name,mood\na,A,good\n", "line 1, mood: no such column"),
        (HEAD + "a,A,acme,,\n", "line 2, domains: `acme` is no company's domain"),
        (HEAD + "a,A,,maybe,\n", "line 2, target: `maybe` is neither yes nor no"),
        (HEAD + "a,A,,,10.0.0.0/8\n", "line 2, office_ranges: `10.0.0.0/8` is a private range"),
        (HEAD + ",A,,,\n", "line 2, account_id: it is empty"),
        (HEAD + "a,A,,,\na,B,,,\n", "line 3, account_id: a is on line 2 already"),
        (HEAD + "a,A,x.com,,\nb,B,x.com,,\n", "line 3, domains: x.com is claimed by a on line 2, too."),
        (
            PLACES + "a,A,,,x.com@..2024-06-30\nb,B,x.com@2024-06-30..,,\n",
            "line 3, domains: x.com is claimed by a on line 2, too, from 2024-06-30 until 2024-06-30",
        ),
        (PLACES + "a,A,,x.com,\nb,B,,,x.com\n", "line 3, subsidiaries: x.com is claimed by a on line 2, too."),
        (PLACES + "a,A,,,x.com@2024..2025\n", "line 2, subsidiaries: `2024` in `x.com@2024..2025` is no date"),
        (PLACES + "a,A,,,x.com@2024-01-01\n", "line 2, subsidiaries: `x.com@2024-01-01` is no company's domain"),
        (
            PLACES + "a,A,x.com@2024-01-02..2024-01-01,,\n",
            "line 2, domains: x.com ends on 2024-01-01, before",
        ),
        ("account_id,name,suppressed\na,A,because\n", "line 2, suppressed: `because` is no reason"),
        ("ID,Website,Website\n1,a.com,b.com\n", "line 1, domains: the column is there twice"),
        (HEAD + "a,A,x.com,y.com,,,\n", "line 2, row: it has more cells"),
        ("account_id,name,status\na,A,friend\n", "line 2, status: `friend` is no status"),
        ("account_id,name,customer_since\na,A,soon\n", "line 2, customer_since: `soon` is no date"),
    ],
)
def test_what_is_wrong_with_an_accounts_file_is_said(text: str, said: str) -> None:
    problems = read_accounts(text.splitlines(keepends=True)).problems
    assert any(str(problem).startswith(said) for problem in problems), list(map(str, problems))
    assert all(problem.mend for problem in problems)


def test_times_of_domains_and_what_spreadsheets_make_of_a_file() -> None:
    text = (
        "Account ID;Account Name;Website;Alias-Domains;Subsidiaries;Suppression reason;Team\n"
        'acme;Acme;https://www.Acme.com/en;"acme.de;acme.co.uk@2021-01-01..";oldco.com@2020-01-01…2024-06-30;;dach\n'
        "own;Us;us.io;;;Own staff;\n"
    )
    sheet = read_accounts(text.splitlines(keepends=True))
    assert sheet.problems == []
    acme, own = sheet.accounts
    assert (acme.domains, acme.team, own.suppressed) == (("acme.com",), "dach", "own_staff")
    assert acme.domain_periods == (
        DomainPeriod(domain="acme.de", kind=DomainKind.ALIAS),
        DomainPeriod(domain="acme.co.uk", kind=DomainKind.ALIAS, valid_from=date(2021, 1, 1)),
        DomainPeriod(
            domain="oldco.com", kind=DomainKind.SUBSIDIARY, valid_from=date(2020, 1, 1), valid_to=date(2024, 6, 30)
        ),
    )


def test_a_domain_may_pass_from_one_account_to_another() -> None:
    text = PLACES + "a,A,,,x.com@..2024-06-30\nb,B,x.com@2024-07-01..,,\n"
    assert read_accounts(text.splitlines()).problems == []


def test_columns_we_do_not_know_can_be_left_out() -> None:
    sheet = read_accounts(["Id,Name,Phone\n", "a,A,+49\n"], skip_unknown=True)
    assert ([account.account_id for account in sheet.accounts], sheet.problems) == (["a"], [])


def test_a_claim_of_an_account_that_is_not_in_the_file_is_a_problem() -> None:
    present = {key: Account(account_id=key, name=key, domains=(f"{key}.com",)) for key in ("a", "b")}
    sheet = read_accounts(["account_id,name,domains\n", "b,B,b.com;c.com\n", "c,C,a.com\n"])
    (problem,) = sheet.against(present)
    assert str(problem).startswith("line 3, domains: a.com is claimed by a of the directory, which is not in this file")


def test_what_would_change() -> None:
    a, b, c = (Account(account_id=key, name=key) for key in "abc")
    other = b.model_copy(update={"owner": "x"})
    found = compare({"a": a, "b": b}, [other, c], replace=True)
    assert (found.added, found.changed, found.removed, found.unchanged) == (("c",), ("b",), ("a",), 0)
    assert found.changes == {"b": other, "c": c, "a": None}
    assert compare({"a": a, "b": b}, [a], replace=False).changes == {}


def test_an_account_does_not_clash_with_itself() -> None:
    period = DomainPeriod(domain="x.com", valid_from=date(2024, 1, 1))
    account = Account(account_id="a", name="A", domains=("x.com",), domain_periods=(period,))
    assert list(clashes([account, account])) == []


def test_facts_of_a_promoted_domain_are_the_same_when_promoted_again() -> None:
    waiting = [("a:v-1", "j@newco.io", ""), ("e:j@newco.io", "j@newco.io", ""), ("a:v-1", "j@newco.io", "")]
    first, again = (promoted(given, "newco", "newco.io", at) for given, at in ((waiting, 5), (waiting[::-1], 9)))
    assert [(fact.kind, fact.subject, fact.method, fact.observed_ms) for fact in first] == [
        (FactKind.LINK, "a:v-1", Method.EMAIL_DIRECTORY, 5),
        (FactKind.LINK, "e:j@newco.io", Method.EMAIL_DIRECTORY, 5),
    ]
    assert [fact.fact_id for fact in first] == [fact.fact_id for fact in again]
    assert with_domain(with_domain(Account(account_id="n", name="N"), "n.io"), "n.io").domains == ("n.io",)


class Kafka:
    """The directory's topic and the facts, kept in memory."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {account.account_id: account for account in accounts}
        self.facts: list[IdentityFact] = []
        self.waiting: list[tuple[str, str, str]] = []

    async def read(self, loaded: Any) -> Present:
        return Present(dict(self.accounts), {})

    async def write(self, loaded: Any, changes: Mapping[str, Account | None], present: Present) -> None:
        for key, account in changes.items():
            self.accounts.pop(key, None)
            if account is not None:
                self.accounts[key] = account

    async def send(self, loaded: Any, facts: list[IdentityFact]) -> None:
        self.facts += facts

    async def wait(self, loaded: Any, domain: str) -> list[tuple[str, str, str]]:
        return self.waiting


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    made = Kafka(Account(account_id="a", name="A", domains=("a.com",)), Account(account_id="b", name="B"))
    for module in (accounts_command, domains_command):
        monkeypatch.setattr(module, "read_directory", made.read)
        monkeypatch.setattr(module, "write_directory", made.write)
    monkeypatch.setattr(domains_command, "write_facts", made.send)
    monkeypatch.setattr(domains_command, "_waiting", made.wait)
    return made


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_import_writes_nothing_while_anything_is_wrong(tmp_path: Path, kafka: Kafka) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(HEAD + "c,C,x.com,,\nb,B,,perhaps,\n")
    result = run("accounts", "import", str(file), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["accounts"], found["written"], [item["line"] for item in found["problems"]]) == (1, 0, [3])
    file.write_text(HEAD + "c,C,a.com,,\n")
    result = run("accounts", "import", str(file))
    assert (result.exit_code, "c" in kafka.accounts) == (1, False)
    assert "a.com is claimed by a of the directory" in result.stderr


def test_import_says_what_would_change_and_writes_what_differs(tmp_path: Path, kafka: Kafka) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(HEAD + "a,A,a.com,,\nb,B,b.com,,\nc,C,c.com,,\n")
    counts = {"accounts": 3, "written": 0, "added": 1, "changed": 1, "removed": 0, "unchanged": 1, "problems": []}
    assert json.loads(run("accounts", "import", str(file), "--dry-run", "--json").stdout) == counts
    assert "c" not in kafka.accounts
    result = run("accounts", "import", str(file))
    assert result.stdout == "3 accounts are right, 2 records written\n1 added, 1 changed, 0 removed, 1 unchanged\n"
    assert kafka.accounts["b"].domains == ("b.com",)


def test_import_removes_only_when_asked_and_told_so(tmp_path: Path, kafka: Kafka) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(HEAD + "a,A,a.com,,\n")
    result = run("accounts", "import", str(file), "--replace")
    assert isinstance(result.exception, SettingsError)
    assert "1 accounts are not in" in str(result.exception)
    assert set(kafka.accounts) == {"a", "b"}
    assert run("accounts", "import", str(file), "--replace", "--yes").exit_code == 0
    assert set(kafka.accounts) == {"a"}


def test_a_file_is_checked_without_a_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(loaded: Any) -> Present:
        raise SettingsError("The broker is away.")

    monkeypatch.setattr(accounts_command, "read_directory", away)
    file = tmp_path / "accounts.csv"
    file.write_text(HEAD + "a,A,x.com,,\n")
    result = run("accounts", "import", str(file), "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "1 accounts are right, 0 records written\n")
    assert "not compared with the directory: The broker is away." in result.stderr
    assert isinstance(run("accounts", "import", str(file)).exception, SettingsError)


def test_show_suppress_and_clear(kafka: Kafka) -> None:
    assert run("accounts", "suppress", "a", "--reason", "Own staff").stdout == "a is suppressed: own_staff\n"
    assert json.loads(run("accounts", "show", "a", "--json").stdout)["suppressed"] == "own_staff"
    assert "suppressed  own_staff" in run("accounts", "show", "a").stdout
    assert run("accounts", "suppress", "a", "--clear").stdout == "a is no longer suppressed\n"
    assert kafka.accounts["a"].suppressed == ""
    for arguments in (("a",), ("a", "--reason", "x"), ("a", "--reason", "press", "--clear"), ("z", "--clear")):
        assert isinstance(run("accounts", "suppress", *arguments).exception, SettingsError), arguments


def test_promote_makes_an_account_and_names_what_waits(kafka: Kafka) -> None:
    kafka.waiting = [("a:v-1", "j@newco.io", "")]
    result = run("domains", "promote", "www.newco.io", "--name", "NewCo", "--owner", "m@x.io", "--yes", "--json")
    assert json.loads(result.stdout) == {"domain": "newco.io", "account_id": "newco.io", "new": True, "facts": 1}
    made = kafka.accounts["newco.io"]
    assert (made.name, made.domains, made.owner) == ("NewCo", ("newco.io",), "m@x.io")
    assert [(fact.subject, fact.account_id) for fact in kafka.facts] == [("a:v-1", "newco.io")]


def test_promote_adds_to_an_account_there_is(kafka: Kafka) -> None:
    result = run("domains", "promote", "newco.io", "--account-id", "a", "--yes")
    assert kafka.accounts["a"].domains == ("a.com", "newco.io")
    assert "Nothing was waiting for it" in result.stdout
    assert run("domains", "promote", "newco.io", "--account-id", "a", "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gmail.com", "--yes"), "is no company's domain"),
        (("a.com", "--yes"), "a.com is a domain of a (A). Give --account-id a"),
        (("newco.io", "--account-id", "a", "--name", "N", "--yes"), "There is an account a (A) already"),
        (("newco.io", "--account-id", "typo", "--yes"), "There is no account typo"),
        (("newco.io",), "There is nobody to ask. Give --yes"),
    ],
)
def test_promote_says_why_not(kafka: Kafka, arguments: tuple[str, ...], said: str) -> None:
    result = run("domains", "promote", *arguments)
    assert isinstance(result.exception, SettingsError)
    assert said in str(result.exception)
    assert set(kafka.accounts) == {"a", "b"}
    assert kafka.facts == []
