"""Third parties' log lines: each text once in a while, none of another kind lost."""

import logging

from agents.observe import seldom
from agents.observe.seldom import Seldom


class Lines:
    """What a handler with the filter shows, on a clock set by hand."""

    def __init__(self) -> None:
        self.now, self.shown = 100.0, list[str]()
        self._filter = Seldom(every_seconds=10.0, now=lambda: self.now)

    def say(
        self,
        text: object,
        *args: object,
        name: str = "client",
        level: int = logging.ERROR,
        error: Exception | None = None,
    ) -> None:
        kind = (type(error), error, None) if error is not None else None
        record = logging.LogRecord(name, level, __file__, 1, text, args, kind)
        if self._filter.filter(record):
            self.shown.append(record.getMessage())


def test_the_same_text_is_shown_once_in_a_while_and_then_says_how_often_it_came() -> None:
    lines = Lines()
    for node in range(500):
        lines.say("no answer from node %d", node)
    assert lines.shown == ["no answer from node 0"]
    lines.now += 10.0
    lines.say("no answer from node %d", 7)
    assert lines.shown[1:] == ["no answer from node 7 (and 499 more like it before)"]
    lines.now += 10.0
    lines.say("no answer from node %d", 8)
    assert lines.shown[2:] == ["no answer from node 8"]


def test_other_texts_loggers_and_levels_are_shown_at_once() -> None:
    lines = Lines()
    lines.say("refused")
    lines.say("closed")
    lines.say("refused", name="other")
    lines.say("refused", level=logging.CRITICAL)
    lines.say(ValueError("100 % wrong"))
    lines.say(ValueError("100 % wrong"))
    assert lines.shown == ["refused", "closed", "refused", "refused", "100 % wrong"]
    lines.now += 10.0
    lines.say(ValueError("100 % wrong"))
    assert lines.shown[-1] == "100 % wrong (and 1 more like it before)"


def test_what_is_all_filled_in_and_what_another_exception_says_is_no_repetition() -> None:
    lines = Lines()
    for text in ("one", "other", "other"):
        lines.say("%s", text)
    for error in (OSError(), ValueError(), ValueError()):
        lines.say("crashed", error=error)
    assert lines.shown == ["one", "other", "crashed", "crashed"]


def test_texts_that_never_come_again_are_forgotten() -> None:
    lines = Lines()
    for at in range(seldom.TEXTS_MAX + 1):
        lines.say(f"unlike any other: {at}")
    lines.say("unlike any other: 0")
    lines.say(f"unlike any other: {seldom.TEXTS_MAX}")
    assert len(lines.shown) == seldom.TEXTS_MAX + 2
