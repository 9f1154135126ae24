"""Take one SQL statement apart as far as a server must: what kind it is, in which format it answers, where data starts.

Not a parser: it knows words, quotes, comments and brackets, and leaves all meaning to the engine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"""(?P<skip>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/)
    |(?P<quoted>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][0-9A-Za-z_.]*)
    |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_AFTER_FORMAT = re.compile(rb"[ \t\f\r]*;?[ \t\f\r]*\n?")
_OPEN, _CLOSE = frozenset([b"(", b"[", b"{"]), frozenset([b")", b"]", b"}"])
# These give rows; all others answer with an empty body.
_READS = frozenset(
    {"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "FROM", "VALUES", "KILL", "WATCH"}
)
_HARMLESS = (_READS - {"KILL"}) | {"SET", "USE"}


class StatementError(ValueError):
    """The text is not one statement."""


@dataclass(frozen=True)
class Statement:
    """One statement, taken apart.

    Args:
        kind: its leading word in capitals; INSERT also for `WITH … INSERT`.
        sql: what the engine is asked; of an insert with data, the part before FORMAT or VALUES.
        output_format: the format its FORMAT clause names, if it has one.
        insert_format: for an insert with data: the data's format.
        data_start: for an insert with data: where the data begins in the text.
        source_at: for an insert with data: where in `sql` its source could be named, before a SETTINGS clause.
    """

    kind: str
    sql: bytes
    output_format: str | None = None
    insert_format: str | None = None
    data_start: int = 0
    source_at: int = 0

    @property
    def gives_rows(self) -> bool:
        """Whether the answer has a format."""
        return self.kind in _READS

    @property
    def streams(self) -> bool:
        """Whether the engine can give the answer piece by piece."""
        return self.kind in {"SELECT", "WITH", "FROM"}

    @property
    def changes_nothing(self) -> bool:
        """Whether it may come by GET, which servers take as read-only."""
        return self.kind in _HARMLESS


@dataclass(frozen=True)
class _Token:
    kind: str
    text: bytes
    start: int
    end: int
    depth: int

    @property
    def upper(self) -> str:
        return self.text.decode("ascii").upper() if self.kind == "word" else ""


def split_statement(text: bytes) -> Statement:
    """Take a statement apart; of an insert's data, however big, not a byte is looked at.

    Args:
        text: the statement, for an insert with its data behind it.

    Raises:
        StatementError: there is none, or more than one.
    """
    tokens = _tokens(text)
    seen: list[_Token] = []
    for token in tokens:
        if token.depth == 0 and token.upper == "INSERT" and (not seen or seen[0].upper == "WITH"):
            return _split_insert(text, tokens)
        if token.text == b";" and token.depth == 0:
            if next(tokens, None) is not None:
                raise StatementError("Syntax error: multi-statements are not allowed")
            text = text[: token.start]
            break
        seen.append(token)
    if not seen:
        raise StatementError("Syntax error: empty query")
    leading = next((token.upper for token in seen if token.text not in _OPEN), "")
    return Statement(leading, text.strip(), output_format=_format_clause(seen))


def _split_insert(text: bytes, tokens: Iterator[_Token]) -> Statement:
    _skip_target(tokens)
    source_at = 0
    for token in tokens:
        if token.depth > 0:
            continue
        if token.upper in {"VALUES", "FORMAT", "SETTINGS"}:
            source_at = source_at or token.start
        if token.upper == "VALUES":
            return Statement("INSERT", text[: token.start], None, "Values", token.end, source_at)
        if token.upper == "FORMAT":
            name = next(tokens, None)
            if name is None or name.kind != "word":
                raise StatementError("Syntax error: FORMAT without a name")
            gap = _AFTER_FORMAT.match(text, name.end)
            start = gap.end() if gap else name.end
            return Statement("INSERT", text[: token.start], None, name.text.decode(), start, source_at)
        if token.upper in {"SELECT", "WITH", "FROM", "WATCH"}:
            return Statement("INSERT", text.strip().rstrip(b";"))
    sql = text.rstrip().rstrip(b";")
    return Statement("INSERT", sql, None, "", len(text), min(source_at or len(sql), len(sql)))


def _skip_target(tokens: Iterator[_Token]) -> None:
    """Pass the table's name, which may be any word, `values` too."""
    for token in tokens:
        if token.kind == "quoted" or token.upper not in {"INTO", "TABLE", "FUNCTION"}:
            return


def _format_clause(tokens: list[_Token]) -> str | None:
    for index in range(len(tokens) - 2, 0, -1):
        token, name = tokens[index], tokens[index + 1]
        if token.depth == 0 and token.upper == "FORMAT" and name.kind == "word":
            follower = tokens[index + 2].upper if index + 2 < len(tokens) else "SETTINGS"
            return name.text.decode() if follower == "SETTINGS" else None
    return None


def _tokens(text: bytes) -> Iterator[_Token]:
    depth, previous = 0, b""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "skip":
            continue
        value = match.group()
        if value in _CLOSE:
            depth = max(0, depth - 1)
        if kind == "tag" or previous == b".":  # what follows a dot is a name, never a keyword
            kind = "quoted"
        yield _Token(kind, value, match.start(), match.end(), depth)
        previous = value
        if value in _OPEN:
            depth += 1
