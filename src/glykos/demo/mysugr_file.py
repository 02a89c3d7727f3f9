"""An invented person's data as a mySugr export, English, mg/dL, newest row first.

One row for each moment: finger-stick, insulin, food and activity written down together stand in
one row, as in the app. Layout: reference formats.md §9. The bytes depend on the arguments alone.
"""

import csv
import io
from datetime import datetime

from glykos.demo.diarist import Diary

COLUMNS = (
    "Date", "Time", "Tags", "Blood Sugar Measurement (mg/dL)", "Insulin Injection Units (Pen)",
    "Basal Injection Units", "Insulin Injection Units (pump)", "Insulin (Meal)",
    "Insulin (Correction)", "Temporary Basal Percentage", "Temporary Basal Duration (Minutes)",
    "Meal Carbohydrates (Grams, Factor 1)", "Meal Descriptions", "Activity Duration (Minutes)",
    "Activity Intensity (1: Cosy, 2: Ordinary, 3: Demanding)", "Activity Description", "Steps",
    "Note", "Location", "Blood pressure", "Body weight (kg)", "HbA1c (Percent)", "Ketones",
    "Food type", "Medication",
)  # fmt: skip


def mysugr_csv(diary: Diary) -> bytes:
    """The diary as a mySugr file."""
    rows: dict[datetime, dict[str, str]] = {}

    def put(at_s: int, name: str, text: str) -> None:
        shown = diary.clock.local(at_s).replace(second=0)
        rows.setdefault(shown, {}).setdefault(name, text)

    for at_s, mgdl in diary.sticks:
        put(at_s, "Blood Sugar Measurement (mg/dL)", str(mgdl))
    for dose in diary.given:
        name = "Basal Injection Units" if dose.is_long else "Insulin Injection Units (Pen)"
        put(dose.at_s, name, f"{dose.units:g}")
    for one in diary.eaten:
        put(one.at_s, "Meal Carbohydrates (Grams, Factor 1)", str(one.carbs_g))
        put(one.at_s, "Meal Descriptions", one.dish)
    text = io.StringIO()
    out = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    out.writerow(COLUMNS)
    for at_local in sorted(rows, reverse=True):
        cells = rows[at_local]
        cells["Date"] = f"{at_local:%b} {at_local.day}, {at_local.year}"
        cells["Time"] = f"{at_local.hour % 12 or 12}:{at_local:%M:%S %p}"
        out.writerow([cells.get(name, "") for name in COLUMNS])
    return text.getvalue().encode()
