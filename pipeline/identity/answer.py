"""What a provider of evidence answers, and how answers are weighed against each other.

Rank decides before confidence. Answers of equal rank that name different accounts name nobody; both are kept. Agreeing
answers of independent families (what the producer said, a mailbox, the address) raise the winner's confidence by
noisy-OR up to 0.95.
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
    # an address is a guess: it never overrides what somebody said, be it of a company nobody listed
    Method.EMAIL_DOMAIN: 7,
    Method.UNLISTED_ID: 9,
    Method.IP_DATABASE: 11,
    Method.AS_HOLDER: 12,
}
"""Gaps are for what is stitched to no better evidence (`said.py`)."""

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
        account_id, name, domain: the account.
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
    """The winner, if there is one, its confidence after agreement is counted, all answers and why it ended so."""

    winner: Answer | None = None
    why: str = "no evidence names a company"
    answers: tuple[Answer, ...] = field(default=())


NOBODY = Verdict()


def decide(answers: Iterable[Answer]) -> Verdict:
    """Weigh answers; the order they come in does not matter."""
    ranked = tuple(sorted(answers, key=_order))
    if not ranked:
        return NOBODY
    best = ranked[0]
    if len(ranked) == 1:
        return Verdict(best, f"rank {best.rank}, the only answer", ranked)
    rivals = sorted({answer.account_id for answer in ranked if answer.rank == best.rank})
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


def _order(answer: Answer) -> tuple[int, float, str, str, str]:
    return answer.rank, -answer.confidence, answer.account_id, answer.method, answer.reason


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
