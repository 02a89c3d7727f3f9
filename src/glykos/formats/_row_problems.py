"""Why a row of a document gave no record, and which bucket it goes into."""

from datetime import datetime
from typing import TypedDict

from glykos.formats._dates import NotADate
from glykos.formats._ledger import Ledger
from glykos.formats._text import BelowZero, NotANumber


class Head(TypedDict):
    """What every record begins with."""

    at_local: datetime
    device_id: str
    source_id: str


class Ignored(ValueError):
    """A row left out by a rule; the text is the rule."""


class Missing(ValueError):
    """A row without the value that it exists for; the text says which."""


class Repeated(ValueError):
    """A row that tells again what another row tells."""


def settle(ledger: Ledger, problem: ValueError, line: int) -> None:
    """Put a row that gave no record into its bucket. Raises what is no problem of a row."""
    match problem:
        case Ignored():
            ledger.ignored(str(problem), line)
        case Repeated():
            ledger.duplicate()
        case Missing():
            ledger.rejected(str(problem), line)
        case BelowZero():
            ledger.rejected("an amount below zero", line, str(problem))
        case NotADate():
            ledger.rejected("a date or time that cannot be read", line, str(problem))
        case NotANumber():
            ledger.rejected("a value that cannot be read", line, str(problem))
        case _:
            raise problem
