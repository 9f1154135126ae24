"""Evidence of what somebody said: account ids and company domains of producers, mailboxes, and what was said before."""

from pipeline import builds
from pipeline.domains import MailKind, consumer_mail, mail_host, mail_kind, registrable
from pipeline.identity.answer import CONFIDENCE, RANK, Answer, family_of
from pipeline.identity.clues import Clues, listed, unlisted
from pipeline.identity.ids import shared_device
from schemas.base import Source
from schemas.event import Event, Grade
from schemas.identity import Method

Answers = tuple[Answer, ...]
UNLISTED_DOMAIN = 0.85
"""Confidence in a company domain a producer names and no account owns."""


def by_account_id(clues: Clues) -> Answers:
    """An account of the directory, named by its id."""
    given = clues.event.account_id
    account = clues.directory.account(given) if given else None
    if account is None:
        return ()
    return (listed(Method.ACCOUNT_ID, account, clues.event.account_domain, "account named by the producer"),)


def by_account_domain(clues: Clues) -> Answers:
    """A company domain named by the producer; one no account owns stands behind all accounts."""
    host = clues.event.account_domain.lower()
    if not host:
        return ()
    domain = registrable(host)
    reason = f"company domain {host} named by the producer"
    owners = clues.directory.owners(host)
    if owners:
        return tuple(
            listed(Method.ACCOUNT_DOMAIN, account, domain or host, reason, build=builds.SUFFIXES) for account in owners
        )
    if not domain or consumer_mail(host):
        return ()
    reason += ", not in the directory"
    rank, build = RANK[Method.EMAIL_RECIPIENT], builds.MAIL_LISTS
    return (unlisted(Method.ACCOUNT_DOMAIN, domain, domain, reason, rank, UNLISTED_DOMAIN, build),)


def by_mailbox(clues: Clues) -> Answers:
    """A mailbox at a domain of an account: verified, typed, or a recipient's whose mail was clicked."""
    event = clues.event
    host = mail_host(event.email)
    owners = clues.directory.owners(host) if host else ()
    if not owners:
        return ()
    method, what = _mailbox_method(event)
    if method is Method.EMAIL_RECIPIENT and event.subject[:2] != "e:" and not _clicked(event):
        return ()  # a scanner that opens a mail must not name the visitor or user it is counted for
    reason = f"{what} at {host}, a domain of the account"
    return tuple(listed(method, account, host, reason, build=builds.SUFFIXES) for account in owners)


def by_unlisted_mailbox(clues: Clues) -> Answers:
    """A work mailbox of a company nobody listed: an account of its own for now."""
    host = mail_host(clues.event.email)
    domain = registrable(host) if host else ""
    if not domain or consumer_mail(host) or clues.directory.owners(host):
        return ()
    reason = f"work mailbox at {domain}, not in the directory"
    return (unlisted(Method.EMAIL_DOMAIN, domain, domain, reason, build=builds.MAIL_LISTS),)


def by_earlier_visit(clues: Clues) -> Answers:
    """The account the same subject was named for before; not on a shared device, nor for another user."""
    state, event = clues.state, clues.event
    if not state.account_id or state.method is None or shared_device(state, event.occurred_ms):
        return ()
    if event.user_id and state.user_id and event.user_id != state.user_id:
        return ()
    account = clues.directory.account(state.account_id)
    rank = RANK[Method.STITCHED]
    if RANK[state.method] >= RANK[Method.EMAIL_DOMAIN]:
        rank = RANK[state.method] + 1  # what was no better then, does not outrank what is said now
    return (
        Answer(
            state.account_id,
            account.name if account else state.domain or state.account_id,
            state.domain,
            Method.STITCHED,
            min(state.confidence, CONFIDENCE[Method.STITCHED]),
            f"seen before: {state.reason}",
            rank,
            family_of(state.method),
        ),
    )


def by_unlisted_id(clues: Clues) -> Answers:
    """An account id the directory does not know, when there is nothing better: often a workspace of a trial."""
    given = clues.event.account_id
    if not given or clues.directory.account(given) is not None:
        return ()
    reason = f"account id {given} named by the producer, not in the directory"
    return (unlisted(Method.UNLISTED_ID, given, "", reason),)


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
    if clues.directory.owners(host):
        return "a mail event that nobody is known to have acted on"
    return _of_lists(host) if consumer_mail(host) else f"{host} is no account's domain, data {builds.SUFFIXES}"


def why_no_unlisted_mailbox(clues: Clues) -> str:
    """Why no mailbox names a company nobody listed, in words."""
    host = mail_host(clues.event.email)
    if not host:
        return "no mailbox, or a placeholder"
    if clues.directory.owners(host):
        return f"{host} is an account's domain"
    return _of_lists(host) if consumer_mail(host) else f"nobody can register {host}, data {builds.SUFFIXES}"


_WHOSE = {
    MailKind.FREE: ("is free mail, which serves anybody", builds.FREE_MAIL),
    MailKind.DISPOSABLE: ("is throw-away mail", builds.DISPOSABLE_MAIL),
    MailKind.PLACEHOLDER: ("is set aside for examples", builds.SUFFIXES),
    MailKind.EDUCATION: ("is a university's (segment education, no company)", builds.EDUCATION),
    MailKind.WORK: ("is no host of a company", builds.SUFFIXES),
}


def _of_lists(host: str) -> str:
    what, build = _WHOSE[mail_kind(host)]
    return f"{host} {what}, data {build}"


def why_not_stitched(clues: Clues) -> str:
    """Why nothing earlier names anybody, in words."""
    if shared_device(clues.state, clues.event.occurred_ms):
        return "a shared device: several people were seen with this visitor"
    return "nothing earlier is known of this subject, or it was somebody else"


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
