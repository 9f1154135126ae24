"""Well-formed nonsense: JSON that is nearly an event, examples with one part exchanged, lines of both."""

import time
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from deploy.fuzz.seeds import payloads, seeds_of, words
from deploy.fuzz.targets import LINE_TOPICS, TARGETS

ROUND_EXAMPLES = 50
NASTY = (
    "\x00",
    "\x1b[2J",
    "\u202egpj.exe",
    "=HYPERLINK(1)",
    "<!channel>",
    "[a](http://x)",
    "@here",
    "javascript:alert(1)",
    "\U000e0041",
    "9" * 400,
    "2026-11-22T10:00:00Z",
    "0000-00-00",
    "1e999",
    "null",
    "a@b.c",
    "x" * 3000,
    "::1%eth0",
    "http://[",
)
_WORDS = st.sampled_from([orjson.loads(word) for word in words()])
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30)
    | _WORDS
    | st.sampled_from(NASTY)
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_WORDS | st.text(max_size=8), inner, max_size=9),
    max_leaves=40,
)


def documents() -> list[Any]:
    """The example payloads that are JSON, and the other seeds that are."""
    found = []
    for value in (*(value for _, value in payloads()), *seeds_of("answers"), *seeds_of("accounts")):
        try:
            found.append(orjson.loads(value))
        except orjson.JSONDecodeError:
            continue
    return found


_DOCUMENTS = st.sampled_from(documents())


@st.composite
def _exchanged(draw: st.DrawFn) -> Any:
    """An example with some of its parts exchanged for nonsense."""
    return _with_parts(draw, draw(_DOCUMENTS), draw(st.integers(0, 3)))


def _with_parts(draw: st.DrawFn, document: Any, depth: int) -> Any:
    if isinstance(document, dict) and document:
        at = draw(st.sampled_from(sorted(document)))
        part = _with_parts(draw, document[at], depth - 1) if depth > 0 else draw(_JSON)
        return document | {at: part}
    if isinstance(document, list) and document:
        at = draw(st.integers(0, len(document) - 1))
        part = _with_parts(draw, document[at], depth - 1) if depth > 0 else draw(_JSON)
        return [*document[:at], part, *document[at + 1 :]]
    return draw(_JSON)


_RECORDS = (_exchanged() | _JSON).map(orjson.dumps)
_FIRST = st.integers(0, len(LINE_TOPICS) - 1).map(lambda number: bytes((number,)))
_LINES = st.lists(st.builds(bytes.__add__, _FIRST, _RECORDS), min_size=1, max_size=8).map(b"\n".join)


def generated(target: str, seconds: float, begin: int) -> tuple[int, str]:
    """Work a target on nonsense until the time is over.

    Args:
        target: name of it.
        seconds: how long.
        begin: seed of the first round.

    Returns:
        How many inputs it got, and what escaped ('' if nothing did).
    """
    work, count = TARGETS[target][0], 0
    numbered = target in ("ingest", "nouns")
    inputs = _LINES if target == "line" else st.builds(bytes.__add__, _FIRST, _RECORDS) if numbered else _RECORDS

    def one(data: bytes) -> None:
        nonlocal count
        count += 1
        work(data)

    until, number = time.monotonic() + seconds, begin
    while time.monotonic() < until:
        round_ = settings(
            max_examples=ROUND_EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.target, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        try:
            seed(number)(round_(given(inputs)(one)))()
        except Exception as error:  # noqa: BLE001 - whatever it is, it escaped
            notes = " ".join(getattr(error, "__notes__", ()))
            return count, f"{type(error).__name__}: {error} {notes}"
        number += 1
    return count, ""
