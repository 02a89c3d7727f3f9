"""Columns of the mySugr logbook: their names by language, and their order, which is always the same."""

import re

from glykos.formats._content import Table
from glykos.formats._header import Columns, Header, by_position

_COLUMNS = Columns(
    {
        "date": ("dato", "datum"),
        "time": ("tid", "zeit", "uhrzeit"),
        "tags": (),
        "glucose": (
            "blood sugar measurement",
            "blood glucose measurement",
            "blodsukkermåling",
            "blutzuckermessung",
        ),
        "pen": (
            "insulin injection units (pen)",
            "bolusinjektion enheder (pen)",
            "bolusinjektionseinheiten (pen)",
        ),
        "basal": ("basal injection units", "basalinjektion enheder", "basalinjektionseinheiten"),
        "pump": (
            "insulin injection units (pump)",
            "bolusinjektion enheder (pumpe)",
            "bolusinjektionseinheiten (pump)",
            "bolusinjektionseinheiten (pumpe)",
        ),
        "meal": ("insulin (meal)", "bolus (måltid)", "bolus (mahlzeit)", "insulin (mahlzeit)"),
        "correction": (
            "insulin (correction)",
            "insulin (korrektion)",
            "insulin (korrektur)",
            "bolus (korrektur)",
        ),
        "temp_percent": ("temporary basal percentage", "midlertidig basal (%)"),
        "temp_duration": (
            "temporary basal duration",
            "midlertidig basal (minutter)",
            "midlertidig basalvarighed",
        ),
        "carbs": ("meal carbohydrates", "kulhydrater mad", "mahlzeitkohlenhydrate"),
        "meal_text": ("meal descriptions", "måltidsbeskrivelser", "mahlzeitbeschreibung"),
        "activity_duration": ("activity duration", "aktivitetsvarighed", "aktivitätsdauer"),
        "activity_level": ("activity intensity", "aktivitets intensitet", "aktivitätsintensität"),
        "activity_text": (
            "activity description",
            "aktivitetsbeskrivelse",
            "aktivitätsbeschreibung",
        ),
        "steps": ("skridt", "schritte"),
        "note": ("notat", "notiz"),
        "blood_pressure": ("blood pressure", "blodtryk", "blutdruck"),
        "weight": ("body weight", "kropsvægt", "körpergewicht"),
        "hba1c": (),
        "ketones": ("ketoner", "ketone"),
        "food_type": ("food type", "type mad", "art der nahrung"),
        "medication": ("medicin", "medikation", "medikamente"),
    },
    needed=("date", "time", "glucose", "basal", "carbs"),
)
_LAYOUT = (
    *("date", "time", "tags", "glucose", "pen", "basal", "pump", "meal", "correction"),
    *("temp_percent", "temp_duration", "carbs", "meal_text", "activity_duration"),
    *("activity_level", "activity_text", "steps", "note", "", "blood_pressure", "weight"),
    *("hba1c", "ketones", "food_type", "medication"),
)
#: What these columns say in every language: units, and the three degrees of activity.
_SHAPE = {3: r"\(m(g/d|mol/)l\)$", 11: r"\D\d+\)$", 14: r"1:.*2:.*3:", 20: r"\((kg|lbs?)\)$"}


def find_header(table: Table) -> Header | None:
    """The header row: by the names we know, else by what is the same in every language.

    None for a table that is no such logbook.
    """
    if found := _COLUMNS.find(table.head):
        return found
    for row in table.head:
        cells = [cell.strip().casefold() for cell in row[1]]
        if len(cells) >= len(_LAYOUT) and all(re.search(r, cells[n]) for n, r in _SHAPE.items()):
            return by_position(row, _LAYOUT)
    return None
