"""Decoded fields, made harmless: the one place where text of producers enters the line (`schemas/text.py`)."""

from collections.abc import Mapping
from typing import Any

from pipeline.decode.form import names
from schemas.text import escaped, one_line, tame

IDS = names("anonymous_id user_id account_id message_id")
QUOTED = names("person_name job_title title asset topic feature product form reason severity")
"""What alerts may show, directly or within their reasons."""


def safe(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields; ids escaped, what may be quoted tamed, all other text on one line."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if type(value) is str:
            found[name] = escaped(value) if name in IDS else tame(value) if name in QUOTED else one_line(value)
        elif type(value) is dict:
            found[name] = {one_line(key): one_line(text) for key, text in value.items()}
        else:
            found[name] = value
    return found
