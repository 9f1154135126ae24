"""Evidence of what somebody said: account ids and company domains of producers, mailboxes, and what was said before."""

from pipeline.domains import MailKind, mail_host, mail_kind, registrable, work_domain
from pipeline.identity.answer import RANK, Answer
from pipeline.identity.clues import Clues, listed, unlisted, unmatched
from pipeline.lists import builds
from schemas.account import Account
from schemas.base import Source
from schemas.event import Event, Grade
from schemas.identity import Method

Answers = tuple[Answer, ...]
UNMATCHED_NAMED = RANK[Method.EMAIL_DOMAIN] - 1
"""Rank of a company domain a producer names and no account has: it knows better than a mailbox typed in."""


def by_account_id(clues: Clues) -> Answers:
    """An account of the directory, named by its id."""
    given = clues.event.account_id
    account = clues.directory.account(given) if given else None
    if account is None:
        return ()
    return (listed(Method.ACCOUNT_ID, account, clues.event.account_domain, "account named by the producer"),)


def by_account_domain(clues: Clues) -> Answers:
    """A company domain named by the producer: its account, or that it is no account's."""
    host = clues.event.account_domain.lower()
    if not host:
        return ()
    reason = f"company domain {host} named by the producer"
    owners = _owners(clues, host)
    if owners:
        domain = registrable(host) or host
        return tuple(listed(Method.ACCOUNT_DOMAIN, item, domain, reason, build=builds.SUFFIXES) for item in owners)
    domain = work_domain(host)
    if not domain:
        return ()
    return (unmatched(Method.ACCOUNT_DOMAIN, domain, f"{reason}, not in the directory", UNMATCHED_NAMED),)


def by_mailbox(clues: Clues) -> Answers:
    """A mailbox at a domain of an account: verified, typed, or a recipient's whose mail was clicked."""
    event = clues.event
    host = mail_host(event.email)
    owners = _owners(clues, host)
    if not owners:
        return ()
    method, what = _mailbox_method(event)
    if method is Method.EMAIL_RECIPIENT and event.subject[:2] != "e:" and not _clicked(event):
        return ()  # a scanner that opens a mail must not name the visitor or user it is counted for
    reason = f"{what} at {host}, a domain of the account"
    return tuple(listed(method, account, host, reason, build=builds.SUFFIXES) for account in owners)


def by_unlisted_mailbox(clues: Clues) -> Answers:
    """A work mailbox at a domain that is no account's."""
    host = mail_host(clues.event.email)
    domain = work_domain(host)
    if not domain or _owners(clues, host):
        return ()
    reason = f"work mailbox at {domain}, not in the directory"
    return (unmatched(Method.EMAIL_DOMAIN, domain, reason, RANK[Method.EMAIL_DOMAIN]),)


def by_unlisted_id(clues: Clues) -> Answers:
    """An account id the directory does not know, when there is nothing better: often a workspace of a trial."""
    given = clues.event.account_id
    if not given or clues.directory.account(given) is not None:
        return ()
    reason = f"account id {given} named by the producer, not in the directory"
    return (unlisted(given, reason),)


def why_no_id(clues: Clues) -> str:
    """Why no account id names anybody, in words."""
    given = clues.event.account_id
    return f"account id {given} is not in the directory" if given else "no account id"


def why_no_domain(clues: Clues) -> str:
    """Why no company domain names anybody, in words."""
    host = clues.event.account_domain
    return _of_lists(host) if host else "no company domain named by a producer"


def why_no_mailbox(clues: Clues) -> str:
    """Why no mailbox names an account, in words."""
    host = mail_host(clues.event.email)
    if not host:
        return "no mailbox, or a placeholder"
    if _owners(clues, host):
        return "a mail event that nobody is known to have acted on"
    return _of_lists(host) if not work_domain(host) else f"{host} is no account's domain, data {builds.SUFFIXES}"


def why_no_unlisted_mailbox(clues: Clues) -> str:
    """Why no mailbox names a company nobody listed, in words."""
    host = mail_host(clues.event.email)
    if not host:
        return "no mailbox, or a placeholder"
    return f"{host} is an account's domain" if _owners(clues, host) else _of_lists(host)


_WHOSE = {
    MailKind.FREE: ("is free mail, which serves anybody", builds.FREE_MAIL),
    MailKind.DISPOSABLE: ("is throw-away mail", builds.DISPOSABLE_MAIL),
    MailKind.PLACEHOLDER: ("is set aside for examples", builds.SUFFIXES),
    MailKind.EDUCATION: ("is a school's or university's (segment education, no company)", builds.EDUCATION),
    MailKind.WORK: ("is nothing a company can register", builds.SUFFIXES),
}


def _of_lists(host: str) -> str:
    what, build = _WHOSE[mail_kind(host)]
    return f"{host} {what}, data {build}"


def _owners(clues: Clues, host: str) -> tuple[Account, ...]:
    """Who owned a host when the event happened."""
    return clues.directory.owners(host, clues.event.occurred_ms) if host else ()


def _mailbox_method(event: Event) -> tuple[Method, str]:
    if event.source is Source.TRIAL or _verified(event):
        return Method.EMAIL_VERIFIED, "verified work mailbox"
    if event.source is Source.EMAIL and event.type != "reply":
        # a mail may be forwarded: that it was sent to somebody does not say who clicked
        return Method.EMAIL_RECIPIENT, "link clicked by the recipient" if _clicked(event) else "mail to a recipient"
    return Method.EMAIL_DIRECTORY, "work mailbox"


def _clicked(event: Event) -> bool:
    return event.type == "click" and event.grade is Grade.HUMAN


def _verified(event: Event) -> bool:
    given = event.properties
    return bool(given) and (given.get("verified") or given.get("email_verified") or "").lower() in ("true", "1", "yes")
