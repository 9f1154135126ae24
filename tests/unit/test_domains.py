import pytest

from pipeline.domains import MailKind, consumer_mail, mail_host, mail_kind, registrable


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("acme.com", "acme.com"),
        ("mail.acme.co.uk", "acme.co.uk"),
        ("WWW.Acme.COM.", "acme.com"),
        ("foo.github.io", "foo.github.io"),
        ("co.uk", ""),
        ("localhost", ""),
        ("printer.local", ""),
        ("", ""),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert registrable(host) == domain


def test_private_suffix_is_no_company() -> None:
    assert registrable("github.io") == ""


@pytest.mark.parametrize("host", ["gmail.com", "mailinator.com", "example.com", "sub.example.org"])
def test_consumer_mail(host: str) -> None:
    assert consumer_mail(host)


def test_business_mail_is_not_consumer_mail() -> None:
    assert not consumer_mail("acme-works.com")


def test_mail_host() -> None:
    assert mail_host("Jane@ACME.com") == "acme.com"
    assert mail_host("jane") == ""


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("gmail.com", MailKind.FREE),
        ("mail.gmail.com", MailKind.FREE),
        ("mailinator.com", MailKind.DISPOSABLE),
        ("sub.example.org", MailKind.PLACEHOLDER),
        ("stanford.edu", MailKind.EDUCATION),
        ("cs.ox.ac.uk", MailKind.EDUCATION),
        ("nus.edu.sg", MailKind.EDUCATION),
        ("student.ethz.ch", MailKind.EDUCATION),
        ("u-tokyo.ac.jp", MailKind.EDUCATION),
        ("siemens.com", MailKind.WORK),
        ("edu.com", MailKind.WORK),
    ],
)
def test_whose_mail_a_host_serves(host: str, kind: MailKind) -> None:
    assert mail_kind(host) is kind
    assert consumer_mail(host) is (kind is not MailKind.WORK)
