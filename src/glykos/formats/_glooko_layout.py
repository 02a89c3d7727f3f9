"""Parts of a Glooko export: their columns in English and German, and what a part is about.

A part is known by its columns, never by its name: people upload single members, and the same name
has held daily totals, pen doses and pump doses.
"""

import re
from dataclasses import dataclass

from glykos.formats._content import Table
from glykos.formats._header import Columns, Header

_COLUMNS = Columns(
    {
        "time": ("timestamp", "zeitstempel"),
        "sensor": ("cgm glucose value", "cgm-glukosewert"),
        "glucose": ("glucose value", "glukosewert", "blood glucose"),
        "trend": ("trend arrow", "glucose trend"),
        "transmitter": ("transmitter id",),
        "serial": ("serial number", "seriennummer"),
        "manual": ("manual reading", "manuelles lesen"),
        "device": ("reading device",),
        "context": (),
        "type": ("insulin type", "insulin-typ", "bolus type"),
        "glucose_input": ("blood glucose input", "blutzuckereingabe"),
        "carbs": ("carbs input", "kohlenhydrataufnahme", "kh", "carbohydrates"),
        "ratio": ("carbs ratio", "kohlenhydratverhältnis"),
        "delivered": ("insulin delivered", "abgegebenes insulin", "dose"),
        "now": ("initial delivery", "anfängliche abgabe"),
        "extended": ("extended delivery", "verzögerte abgabe"),
        "duration": ("dauer",),
        "percent": ("percentage", "prozentsatz"),
        "rate": ("basal rate",),
        "method": (),
        "total": ("total insulin", "insulin gesamt"),
        "total_bolus": ("total bolus", "bolus gesamt"),
        "total_basal": ("total basal", "basal gesamt"),
        "name": ("food description",),
        "meal_type": ("meal type",),
        "fat": ("fett",),
        "protein": ("eiweiß",),
        "activity": ("activity type",),
        "intensity": ("intensität",),
        "value": ("wert",),
        "medicine": ("medication name",),
        "dosage": (),
        "medicine_type": ("medication type", "medikamententyp"),
        "notes": ("note", "notiz", "notizen"),
        "event": ("alarm/event", "alarm/ereignis"),
    },
    needed=("time",),
)
_HEAD = re.compile(r"name:(?P<name>.*?)[,;\t ]*date range:(?P<period>.*)", re.IGNORECASE)
_PERIOD = re.compile(r"(\d{4}-\d{2}-\d{2}) - (\d{4}-\d{2}-\d{2})")
#: A part by the columns only it has; the first rule that fits decides.
_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("alarms", ("event",)),
    ("cgm", ("sensor",)),
    ("cgm", ("glucose", "trend")),
    ("cgm", ("glucose", "transmitter")),
    ("bg", ("glucose",)),
    ("totals", ("total",)),
    ("basal", ("rate", "duration")),
    ("bolus", ("delivered", "carbs")),
    ("bolus", ("delivered", "now")),
    ("doses", ("delivered", "type")),
    ("doses", ("value", "type")),
    ("medication", ("medicine",)),
    ("medication", ("value", "medicine_type")),
    ("exercise", ("duration", "intensity")),
    ("food", ("carbs",)),
    ("notes", ("notes",)),
    ("notes", ("value",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of the export."""

    kind: str
    header: Header
    table: Table
    owner: str
    period: tuple[str, str] | None


def part_of(table: Table) -> Part | None:
    """The table as a part of a Glooko export, or None.

    Every part begins with a line of name and period; the columns stand below it.
    """
    if not table.head:
        return None
    head = _HEAD.match(",".join(table.head[0][1]).strip())
    header = _COLUMNS.find(table.head) if head else None
    if head is None or header is None:
        return None
    kind = next((kind for kind, names in _RULES if all(n in header for n in names)), "")
    period = _PERIOD.search(head["period"])
    return Part(
        kind=kind,
        header=header,
        table=table,
        owner=head["name"].strip(),
        period=(period[1], period[2]) if period else None,
    )
