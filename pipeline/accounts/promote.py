"""An unmatched domain becomes an account's: the account with it, and facts for the ids that wait for it."""

from collections.abc import Iterable

from pipeline.identity.answer import CONFIDENCE
from schemas.account import Account
from schemas.base import stable_id
from schemas.identity import FactKind, IdentityFact, Method

Waiting = tuple[str, str, str]
"""Subject, person and user id of a fact about an unmatched domain."""


def with_domain(account: Account, domain: str) -> Account:
    """The account with one more domain of its own."""
    return account if domain in account.domains else account.model_copy(update={"domains": (*account.domains, domain)})


def promoted(waiting: Iterable[Waiting], account_id: str, domain: str, now_ms: int) -> list[IdentityFact]:
    """One link for each id that waits; promoted again, they are the same facts.

    Args:
        waiting: ids seen with the domain.
        account_id: whose the domain is now.
        domain: the domain.
        now_ms: time of the command: what is older than a day by then counts, and raises no alert.
    """
    method = Method.EMAIL_DIRECTORY
    return [
        IdentityFact(
            fact_id=stable_id("fact", "promoted", subject, account_id, domain, person, user_id),
            kind=FactKind.LINK,
            subject=subject,
            account_id=account_id,
            domain=domain,
            person=person,
            user_id=user_id,
            method=method,
            confidence=CONFIDENCE[method],
            reason=f"domain promoted: {domain} is the account's",
            observed_ms=now_ms,
        )
        for subject, person, user_id in sorted(set(waiting))
    ]
