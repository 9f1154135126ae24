"""Text from outside, made harmless before it is kept: nothing in it moves a cursor, hides or reorders what is read,
opens a tag, pings a channel or starts a formula. Whoever shows it later, a terminal, a chat, a spreadsheet, need not
remember.

    one_line   free text: controls become a space, unseen characters go
    tame       what alerts may quote (names, titles, reasons): as `one_line`, and no markup
    escaped    ids: each such character becomes its code, so that two ids never become one
    visible    for terminals and logs: as `escaped`, and markup stays
    cell       for spreadsheets: no formula
"""

import re

BREAKS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
"""Controls (line ends, tabs, the escape that begins a terminal's commands), as in a class of a regular expression."""

UNSEEN = r"\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""Characters nobody sees: of no width, or that turn the direction of reading. The two joiners (U+200C, U+200D) are not
among them: scripts and emoji need them."""

PINGED = r"@(?=(?:channel|here|everyone|all|group)(?![.-]?\w))"
"""What chats take for a call to all of a channel; not the host of a mailbox, as in maria@all.com."""

_BREAKS = re.compile(f"[{BREAKS}]+")
_UNSEEN = re.compile(f"[{UNSEEN}\\U000e0000-\\U000e007f]+")
_HARMFUL = re.compile(f"[{BREAKS}{UNSEEN}\\U000e0000-\\U000e007f]")
_PING = re.compile(PINGED, re.IGNORECASE)
_HARMFUL_ID = re.compile(rf"[<>{BREAKS}{UNSEEN}\U000e0000-\U000e007f]|\](?=\()|{PINGED}", re.IGNORECASE)
_SEEN_MARKUP = str.maketrans({"<": "\u2039", ">": "\u203a", "`": "'"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def one_line(text: str) -> str:
    """Free text on one line, without what nobody sees.

    >>> one_line("two\\r\\nlines"), one_line("a\\u202egpj.exe")
    ('two lines', 'agpj.exe')
    """
    if text.isprintable():
        return text
    return _UNSEEN.sub("", _BREAKS.sub(" ", text)).strip()


def tame(text: str) -> str:
    """One line that no chat or page takes for markup: no tag or link of Slack, HTML or Markdown, no ping of a channel.

    >>> tame("<b>hi</b>") == "\u2039b\u203ahi\u2039/b\u203a", tame("[x](http://evil)"), tame("@here")
    (True, '[x] (http://evil)', '(at)here')
    """
    text = one_line(text)
    if "<" in text or ">" in text or "`" in text:
        text = text.translate(_SEEN_MARKUP)
    if "](" in text:
        text = text.replace("](", "] (")
    return _PING.sub("(at)", text) if "@" in text else text


def escaped(text: str) -> str:
    """An id whose harmful characters are written as their code; two ids never become one by it.

    >>> escaped("v\\u202e81"), escaped("<!here>"), escaped("v-81")
    ('v\\\\u202e81', '\\\\u003c!here\\\\u003e', 'v-81')
    """
    if text.isalnum():
        return text
    return _HARMFUL_ID.sub(_code, text)


def escaped_id(value: object) -> object:
    """`escaped` on trimmed text, for validators that come before a bound on length: the code may be longer."""
    return escaped(value.strip()) if isinstance(value, str) else value


def tamed(value: object) -> object:
    """`tame` for validators that come before a bound on length."""
    return tame(value) if isinstance(value, str) else value


def visible(text: str) -> str:
    """Text as a terminal or a log may show it: what would act on either is written as its code.

    >>> visible("\\x1b[31mred")
    '\\\\u001b[31mred'
    """
    return text if text.isprintable() else _HARMFUL.sub(_code, text)


def cell(text: str) -> str:
    """Text as the cell of a table that may be opened in a spreadsheet: what it would compute begins with an apostrophe.

    >>> cell("=HYPERLINK(1)"), cell("acme")
    ("'=HYPERLINK(1)", 'acme')
    """
    text = one_line(text) if text[:1] not in _FORMULA else text
    return f"'{visible(text)}" if text.startswith(_FORMULA) else text


def _code(found: "re.Match[str]") -> str:
    number = ord(found.group())
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
