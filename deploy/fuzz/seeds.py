"""Where fuzzing begins: the example payloads, the shipped files, and words that formats are made of."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import orjson

from deploy.fuzz.targets import LINE_TOPICS, SOURCES
from schemas.topics import RAW

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "tests" / "examples"
WORD = re.compile(rb'"[A-Za-z_$-]{2,30}"')
ACCOUNT = {
    "account_id": "acme",
    "name": "Acme",
    "domains": ["acme-works.com"],
    "domain_periods": [{"domain": "old.com", "kind": "subsidiary", "valid_from": "2020-01-01"}],
    "office_ranges": ["203.0.113.0/24"],
    "customer_since": "2026-01-01T00:00:00Z",
}
ANSWER = {
    "alert_id": "a1",
    "account_id": "acme",
    "verdict": "snoozed",
    "occurred_at": "2026-11-22T10:00:00Z",
    "until": "2026-11-23T10:00:00+02:00",
    "reason": "<!here>",
}
SHEET = b"""account_id,name,domains,subsidiaries,tier,target,suppressed,office_ranges
acme,"Acme, Corp",acme.com;acme.de,oldco.com@2020-01-01..2024-06-30,1,yes,competitor,203.0.113.0/24
"""
POLICY = {
    "calendars": {"m": {"time_zone": "Europe/Berlin", "hours": {"mon-thu": ["09:00-12:30"]}, "holidays": ["12-31"]}},
    "teams": {"sales": {"calendar": "m", "accept_hours": 4, "triggers": {"demo_request": {"accept_hours": 1}}}},
}


def seeds_of(target: str) -> list[bytes]:
    """Inputs a target begins with."""
    return list(_SEEDS[target]())


def words() -> list[bytes]:
    """Field names and values of the examples, as they stand in JSON."""
    return sorted({word for _, value in payloads() for word in WORD.findall(value)})


def payloads() -> Iterator[tuple[int, bytes]]:
    """Example payloads with the number of their source."""
    for number, source in enumerate(SOURCES):
        for path in sorted((EXAMPLES / RAW[source].name).glob("*.json")):
            example = json.loads(path.read_text(encoding="utf-8"))
            yield number, example["text"].encode() if "text" in example else orjson.dumps(example["value"])


def _raw() -> Iterator[bytes]:
    return (bytes((number,)) + value for number, value in payloads())


def _lines() -> Iterator[bytes]:
    account = bytes((len(LINE_TOPICS) - 1,)) + orjson.dumps(ACCOUNT)
    answer = bytes((len(LINE_TOPICS) - 2,)) + orjson.dumps(ANSWER)
    for record in _raw():
        yield b"\n".join((account, record.replace(b"\n", b" "), answer))


def _bare() -> Iterator[bytes]:
    yield from (b"jane@acme.com", b"203.0.113.9", b"[::1]:80", b"acme.com")
    yield from (value for _, value in payloads())


def _journeys() -> Iterator[bytes]:
    """The parts of the shipped files one by one: whole ones take too long to change them often."""
    for path in sorted((ROOT / "deploy" / "journeys").glob("*.yaml")):
        yield from re.split(rb"(?m)^(?=[a-z])", path.read_bytes())


_SEEDS: Mapping[str, Callable[[], Iterable[bytes]]] = {
    "ingest": _raw,
    "line": _lines,
    "answers": lambda: (orjson.dumps(ANSWER), orjson.dumps([ANSWER, ANSWER])),
    "accounts": lambda: (orjson.dumps(ACCOUNT),),
    "sheet": lambda: (SHEET, SHEET.replace(b";", b"|").replace(b",", b";")),
    "journey": _journeys,
    "policy": lambda: (orjson.dumps(POLICY),),
    "ranges": lambda: (b"203.0.113.0/24,own\n2001:db8::/32,vpn\n# none\n", b"192.0.2.1"),
    "identify": _bare,
    "nouns": lambda: (
        bytes((at,)) + value for at in range(20) for value in (orjson.dumps(ACCOUNT), orjson.dumps(ANSWER))
    ),
}
