"""Grafana's ClickHouse macros, replaced as the plugin does, so that a panel's SQL can be run."""

import re

_FROM, _TO = "toDateTime(1)", "toDateTime(4000000000)"
_FROM_MS, _TO_MS = "fromUnixTimestamp64Milli(1000)", "fromUnixTimestamp64Milli(4000000000000)"
_CALLS = {
    "timeFilter": f"{{0}} >= {_FROM} AND {{0}} <= {_TO}",
    "timeFilter_ms": f"{{0}} >= {_FROM_MS} AND {{0}} <= {_TO_MS}",
    "dateFilter": f"{{0}} >= toDate({_FROM}) AND {{0}} <= toDate({_TO})",
    "timeInterval": "toStartOfInterval(toDateTime({0}), INTERVAL 60 second)",
    "timeInterval_ms": "toStartOfInterval(toDateTime64({0}, 3), INTERVAL 60000 millisecond)",
}
_WORDS = {"fromTime_ms": _FROM_MS, "toTime_ms": _TO_MS, "fromTime": _FROM, "toTime": _TO, "interval_s": "60"}
_CALL = re.compile(r"\$__(\w+)\(([^()]*)\)")
_WORD = re.compile(r"\$__(\w+)")


def expand(text: str) -> str:
    """SQL without macros.

    Raises:
        ValueError: a macro that the plugin does not have, or that is not known here.
    """

    def call(match: re.Match[str]) -> str:
        return _known(_CALLS, match[1]).format(match[2].strip())

    def word(match: re.Match[str]) -> str:
        return _known(_WORDS, match[1])

    return _WORD.sub(word, _CALL.sub(call, text))


def _known(macros: dict[str, str], name: str) -> str:
    try:
        return macros[name]
    except KeyError:
        raise ValueError(f"there is no macro $__{name}") from None
