"""What providers of evidence may look at."""

from dataclasses import dataclass

from pipeline.directory import Directory
from pipeline.identity.answer import CONFIDENCE, RANK, Answer, family_of
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.lists import builds
from schemas.account import Account
from schemas.event import Event
from schemas.identity import Method, SubjectState


@dataclass(frozen=True, slots=True)
class Clues:
    """One event and what is known around it.

    Args:
        event: its placeholder ids taken out (`ids.py`).
        state: what is known of its subject; an empty one where that must not count.
        directory: the accounts as they are now.
        networks: address data, as far as there is any.
    """

    event: Event
    state: SubjectState
    directory: Directory
    networks: Networks = NO_NETWORKS


def listed(
    method: Method, account: Account, domain: str, reason: str, confidence: float = 0, build: str = ""
) -> Answer:
    """An answer that names an account of the directory."""
    sure = confidence or CONFIDENCE[method]
    domain = domain or account.main_domain
    return Answer(
        account.account_id, account.name, domain, method, sure, reason, RANK[method], family_of(method), build
    )


def unlisted(account_id: str, reason: str) -> Answer:
    """An answer that names an account by an id the directory does not know."""
    method = Method.UNLISTED_ID
    return Answer(account_id, account_id, "", method, CONFIDENCE[method], reason, RANK[method], family_of(method))


def unmatched(method: Method, domain: str, reason: str, rank: int) -> Answer:
    """An answer that names a company's domain, but no account: none has that domain."""
    sure, build = CONFIDENCE[Method.EMAIL_DOMAIN], builds.MAIL_LISTS
    return Answer("", domain, domain, method, sure, reason, rank, family_of(method), build)
