"""Values of a JSON document as apps really write them: numbers in quotes, missing, or of another kind.

A whole file is never refused for one wrong value: shapes are declared loosely, and each value is
looked at when its row is read.
"""

import re
from typing import Any

import msgspec

from glykos.formats._text import MAX_CELL, BelowZero, NotANumber, number

#: What ``repr`` of a Python value is made of; texts in quotes hold no backslash.
_TOKEN = re.compile(
    r"""\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False|None)\b|([\[\]{},:])|(-?\d[\d.eE+-]*))""",
    re.ASCII,
)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")


def number_in(value: object) -> float | None:
    """A number, also one in quotes; None for null, nothing or empty quotes.

    Raises:
        NotANumber: anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotANumber(type(value).__name__)
    if isinstance(value, str):
        return number(value) if not value.isspace() else None
    if not -1e15 < value < 1e15:
        raise NotANumber("too large")
    return float(value)


def amount_in(value: object) -> float | None:
    """As :func:`number_in`, and not below zero (BelowZero)."""
    found = number_in(value)
    if found is not None and found < 0:
        raise BelowZero(f"{found:g}")
    return found


def text_in(value: object) -> str:
    """A text without control characters, trimmed; empty for anything else."""
    if not isinstance(value, str):
        return ""
    if not value.isprintable():
        value = _CONTROL.sub(" ", value)
    return value.strip()[:MAX_CELL]


def nested(value: object) -> Any:
    """A nested value, also one that came as the text of JSON or of a Python value.

    Tables made with pandas print nested objects as Python does. Such a text is rewritten token by
    token as JSON and read as that; nothing is evaluated. None where it is neither.
    """
    if not isinstance(value, str):
        return value
    if not value or len(value) > MAX_CELL:
        return None
    for text in (value, _as_json(value)):
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            continue
    return None


def mapping_in(value: object) -> dict[str, Any]:
    """A nested object; empty where it is none."""
    found = nested(value)
    return found if isinstance(found, dict) else {}


def list_in(value: object) -> list[Any]:
    """A nested list; empty where it is none."""
    found = nested(value)
    return found if isinstance(found, list) else []


def _as_json(text: str) -> str:
    parts: list[str] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            return ""
        single, double, word, mark, digits = match.groups()
        quoted = single if single is not None else double
        if quoted is not None:
            parts.append(msgspec.json.encode(quoted).decode())
        else:
            parts.append(_WORDS[word] if word else mark or digits)
        place = match.end()
    return "".join(parts)
