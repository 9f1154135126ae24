from pipeline.directory import EMPTY, Directory
from schemas.account import Account

ACME = Account(account_id="acme", name="Acme", domains=("acme.com", "acme.de"))


def test_finds_by_exact_and_registrable_domain() -> None:
    directory = Directory({"acme": ACME})
    assert directory.of_domain("acme.com") is ACME
    assert directory.of_domain("mail.eu.acme.de") is ACME
    assert directory.of_domain("other.com") is None


def test_a_domain_claimed_twice_names_nobody() -> None:
    rival = Account(account_id="rival", name="Rival", domains=("acme.com",))
    directory = Directory({"acme": ACME, "rival": rival})
    assert directory.of_domain("acme.com") is None
    assert directory.of_domain("acme.de") is ACME


def test_changes_make_a_new_directory() -> None:
    first = EMPTY.with_changes([("acme", ACME)])
    second = first.with_changes([("acme", None)])
    assert (len(EMPTY), len(first), len(second)) == (0, 1, 0)
    assert first.account("acme") is ACME
