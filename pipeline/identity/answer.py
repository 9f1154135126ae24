"""What a provider of evidence answers, and how answers are weighed against each other.

Rank decides before confidence. Answers of equal rank that name different accounts name nobody; both are kept. Agreeing
answers of independent families (what the producer said, a mailbox, the address) raise the winner's confidence by
noisy-OR up to 0.95.

A company domain that is no account's is an answer without an account, an unmatched domain. It names nobody, and stands
in the way of addresses, be they declared offices: the visitor said to be of another company. Whatever else was said
counts before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from schemas.identity import IP_METHODS, Method

CONFIDENCE: dict[Method, float] = {
    Method.ACCOUNT_ID: 1.0,
    Method.EMAIL_VERIFIED: 0.95,
    Method.ACCOUNT_DOMAIN: 0.95,
    Method.EMAIL_DIRECTORY: 0.85,
    Method.STITCHED: 0.80,
    Method.OFFICE_RANGE: 0.80,
    Method.EMAIL_RECIPIENT: 0.70,
    Method.EMAIL_DOMAIN: 0.60,
    Method.UNLISTED_ID: 0.60,
    Method.IP_DATABASE: 0.50,
    Method.AS_HOLDER: 0.35,
}

RANK: dict[Method, int] = {
    Method.ACCOUNT_ID: 1,
    Method.EMAIL_VERIFIED: 2,
    Method.ACCOUNT_DOMAIN: 2,
    Method.EMAIL_DIRECTORY: 3,
    Method.STITCHED: 4,
    Method.OFFICE_RANGE: 5,
    Method.EMAIL_RECIPIENT: 6,
    Method.UNLISTED_ID: 9,
    Method.EMAIL_DOMAIN: 12,
    # an address is a guess: it never overrides what somebody said, be it of a company nobody listed
    Method.IP_DATABASE: 13,
    Method.AS_HOLDER: 14,
}
"""Gaps are for what is stitched to no better evidence, and for a domain named by the producer (`said.py`)."""

COMBINED_MAX = 0.95


class Family(StrEnum):
    """Where evidence comes from: two answers of one family are one piece of evidence."""

    PRODUCER = "producer"
    MAILBOX = "mailbox"
    NETWORK = "network"


def family_of(method: Method | None) -> Family:
    """The family of a method; a stitched answer belongs to that of the evidence it goes back to."""
    if method in IP_METHODS:
        return Family.NETWORK
    if method in (Method.ACCOUNT_ID, Method.ACCOUNT_DOMAIN, Method.UNLISTED_ID):
        return Family.PRODUCER
    return Family.MAILBOX


@dataclass(frozen=True, slots=True)
class Answer:
    """An account, how it was found, how surely, and on which data.

    Args:
        account_id, name, domain: the account; without an id, a company domain that is no account's.
        method: how it was found.
        rank: 1 is best.
        confidence: 0 to 1.
        reason: the evidence in words.
        family: what it may be combined with.
        build: version of the data it rests on, where that is a file.
    """

    account_id: str
    name: str
    domain: str
    method: Method
    confidence: float
    reason: str
    rank: int
    family: Family
    build: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The winner, if there is one, its confidence after agreement is counted, all answers and why it ended so.

    `unmatched` is the company domain that is no account's, where nobody is named because of it; else ''.
    """

    winner: Answer | None = None
    why: str = "no evidence names a company"
    answers: tuple[Answer, ...] = field(default=())
    unmatched: str = ""


NOBODY = Verdict()


def decide(answers: Iterable[Answer]) -> Verdict:
    """Weigh answers; the order they come in does not matter."""
    ranked = tuple(sorted(answers, key=_order))
    if not ranked:
        return NOBODY
    unmatched = [answer for answer in ranked if not answer.account_id]
    naming = [answer for answer in ranked if answer.account_id]
    if unmatched:
        naming = [answer for answer in naming if answer.method not in IP_METHODS]
    if not naming:
        return _nobody_matched(unmatched, ranked)
    best = naming[0]
    if len(ranked) == 1:
        return Verdict(best, f"rank {best.rank}, the only answer", ranked)
    rivals = sorted({answer.account_id for answer in naming if answer.rank == best.rank})
    if len(rivals) > 1:
        return Verdict(None, f"rank {best.rank} is in conflict: {', '.join(rivals)}; nobody is named", ranked)
    agreeing = [answer for answer in ranked if answer.account_id == best.account_id]
    confidence = _combined(agreeing, best)
    why = f"rank {best.rank} is the best of {len(ranked)} answers"
    if confidence > best.confidence:
        others = sorted({answer.method for answer in agreeing if answer.family is not best.family})
        why += f"; {', '.join(others)} agree{'s' if len(others) == 1 else ''}"
        best = replace(best, confidence=confidence)
    return Verdict(best, why, ranked)


def _nobody_matched(unmatched: list[Answer], ranked: tuple[Answer, ...]) -> Verdict:
    best = unmatched[0]
    rivals = sorted({answer.domain for answer in unmatched if answer.rank == best.rank})
    if len(rivals) > 1:
        return Verdict(None, f"rank {best.rank} is in conflict: {', '.join(rivals)}; nobody is named", ranked)
    return Verdict(None, f"{best.domain} is no account's domain; nobody is named", ranked, best.domain)


def _order(answer: Answer) -> tuple[int, float, str, str, str, str]:
    return answer.rank, -answer.confidence, answer.account_id, answer.domain, answer.method, answer.reason


def _combined(agreeing: Iterable[Answer], best: Answer) -> float:
    families: dict[Family, float] = {}
    for answer in agreeing:
        families[answer.family] = max(families.get(answer.family, 0.0), answer.confidence)
    if len(families) == 1:
        return best.confidence  # not the surest: a lower rank of the same family adds nothing
    doubt = 1.0
    for family in sorted(families):
        doubt *= 1.0 - families[family]
    return max(best.confidence, round(min(COMBINED_MAX, 1.0 - doubt), 4))
