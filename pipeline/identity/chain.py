"""The chain: every provider of evidence, in rank order."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.identity import address, said, stitched
from pipeline.identity.answer import Answer
from pipeline.identity.clues import Clues
from schemas.identity import Method

Ask = Callable[[Clues], tuple[Answer, ...]]


@dataclass(frozen=True, slots=True)
class Provider:
    """One source of evidence.

    Args:
        method: what its answers are called; a mailbox's differ by how sure they are.
        ask: its answers, none if it abstains; several where they are in conflict.
        silence: why it abstains, in words; asked only when somebody wants to know.
    """

    method: Method
    ask: Ask
    silence: Callable[[Clues], str]


PROVIDERS: tuple[Provider, ...] = (
    Provider(Method.ACCOUNT_ID, said.by_account_id, said.why_no_id),
    Provider(Method.ACCOUNT_DOMAIN, said.by_account_domain, said.why_no_domain),
    Provider(Method.EMAIL_DIRECTORY, said.by_mailbox, said.why_no_mailbox),
    Provider(Method.STITCHED, stitched.by_earlier_visit, stitched.why_not_stitched),
    Provider(Method.OFFICE_RANGE, address.by_office_range, address.why_no_office),
    Provider(Method.EMAIL_DOMAIN, said.by_unlisted_mailbox, said.why_no_unlisted_mailbox),
    Provider(Method.UNLISTED_ID, said.by_unlisted_id, lambda clues: "no unlisted account id"),
    Provider(Method.IP_DATABASE, address.by_database, address.why_no_database),
    Provider(Method.AS_HOLDER, address.by_holder, address.why_no_holder),
)


def gather(clues: Clues) -> list[Answer]:
    """All answers to one event."""
    answers: list[Answer] = []
    for provider in PROVIDERS:
        answers.extend(provider.ask(clues))
    return answers
