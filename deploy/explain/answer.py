"""The whole chain's answers to one input, in words and as one object."""

from typing import Any

from deploy.explain.inputs import Given, read
from pipeline.directory import EMPTY, Directory
from pipeline.identity.answer import NOBODY, Answer, Verdict, decide
from pipeline.identity.chain import PROVIDERS
from pipeline.identity.clues import Clues
from pipeline.identity.ids import with_real_ids
from pipeline.identity.networks import NO_NETWORKS, Networks
from pipeline.lists import builds
from schemas.base import Source
from schemas.event import Event, Grade
from schemas.identity import Method, SubjectState

KEYS = ("input", "kind", "account_id", "domain", "name", "method", "confidence", "abstained", "reasons")
"""Of an answer, in this order."""

_NOTHING_BEFORE = SubjectState()
_LISTED_GRADES = frozenset({"crawler"})


def explain(
    line: str | bytes,
    directory: Directory = EMPTY,
    networks: Networks = NO_NETWORKS,
    source: Source | None = None,
) -> dict[str, Any]:
    """The answer for one input, under `KEYS`.

    `abstained` says that no account is named; a `domain` then is a company's that is no account's. Only what the input
    itself says is asked, not what a worker knows of its visitor from before.
    """
    given = read(line.encode(errors="surrogatepass") if isinstance(line, str) else line, networks, source)
    if given.event is None:
        return _object(given, NOBODY, [given.remark])
    real = with_real_ids(given.event)
    clues = Clues(real, _NOTHING_BEFORE, directory, networks)
    asked = [(provider, provider.ask(clues)) for provider in PROVIDERS]
    verdict = decide(answer for _, answers in asked for answer in answers)
    reasons = [verdict.why, *_remarks(given, real, directory)]
    for provider, answers in asked:
        reasons += [_line(answer, verdict.winner) for answer in answers]
        if not answers:
            reasons.append(f"{provider.method}: abstains: {_silence(provider.method, provider.silence(clues))}")
    return _object(given, verdict, reasons)


def _remarks(given: Given, real: Event, directory: Directory) -> list[str]:
    remarks = [given.remark] if given.remark else []
    if real is not given.event:
        remarks.append("placeholder ids were taken for absent")
    if real.grade is not Grade.HUMAN:
        data = f", data {builds.CRAWLERS}" if real.grade_reason in _LISTED_GRADES else ""
        remarks.append(f"graded {real.grade}: {real.grade_reason}{data}")
    if not len(directory):
        remarks.append("the directory is empty: no account can be named")
    return remarks


def _silence(method: Method, why: str) -> str:
    return "what workers know of the visitor from before is not asked here" if method is Method.STITCHED else why


def _line(answer: Answer, winner: Answer | None) -> str:
    data = f", data {answer.build}" if answer.build else ""
    who = answer.account_id or f"{answer.domain}, no account"
    wins = winner is not None and (answer.method, answer.account_id, answer.rank) == (
        winner.method,
        winner.account_id,
        winner.rank,
    )
    mark = " [wins]" if wins else ""
    return f"{answer.method}: {who}, rank {answer.rank}, {answer.confidence:g}: {answer.reason}{data}{mark}"


def _object(given: Given, verdict: Verdict, reasons: list[str]) -> dict[str, Any]:
    winner = verdict.winner
    return {
        "input": given.text,
        "kind": given.kind,
        "account_id": winner.account_id if winner else None,
        "domain": winner.domain if winner else verdict.unmatched or None,
        "name": winner.name if winner else None,
        "method": winner.method if winner else None,
        "confidence": winner.confidence if winner else 0.0,
        "abstained": winner is None,
        "reasons": [winner.reason, *reasons] if winner else reasons,
    }
