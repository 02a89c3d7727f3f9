"""What is asked about before it is saved: the one table of plausible values.

A value outside is not refused, because unlikely things happen; the page asks once, and offers the
other reading of the number where there is one. The limits are our own judgement, wide enough for
children and for illness: they catch slips of unit and of the finger, they are no advice.

Glucose is the important row. What is plausible in mmol/L lies wholly below what is plausible in
mg/dL (27.8 < 40), so a number typed in the wrong unit is always asked about; HbA1c likewise
(18 % < 20 mmol/mol). Pounds and kilograms overlap, so there the unit stands beside the number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plausible:
    """Values from ``lowest`` to ``highest``, both included, are saved without a question."""

    lowest: float
    highest: float

    def __contains__(self, value: float) -> bool:
        return self.lowest <= value <= self.highest


#: By quantity, in the unit that is in the name.
PLAUSIBLE: dict[str, Plausible] = {
    "glucose_mgdl": Plausible(40, 500),
    "glucose_mmoll": Plausible(2.2, 27.8),
    "ketone_mmoll": Plausible(0, 8),  # the range of blood-ketone strips
    "hba1c_percent": Plausible(4, 18),
    "hba1c_mmol_per_mol": Plausible(20, 173),
    "carbs_g": Plausible(1, 250),
    "fat_g": Plausible(0, 200),
    "protein_g": Plausible(0, 200),
    "dose_u": Plausible(0.1, 60),
    "medicine_dose": Plausible(0.001, 5000),  # 0.25 mg a week to 3,000 mg a day
    "exercise_min": Plausible(1, 720),
    "illness_days": Plausible(0.1, 60),
    "weight_kg": Plausible(2, 250),
    "weight_lb": Plausible(4.5, 550),
    "systolic_mmhg": Plausible(60, 260),
    "diastolic_mmhg": Plausible(30, 160),
    "pulse_per_min": Plausible(30, 220),
    "drinks": Plausible(0.1, 20),
    "alcohol_g": Plausible(1, 300),
    "steps": Plausible(1, 80_000),
}
#: Clocks of phones and servers differ; later than this is the future.
FUTURE_MIN = 5
#: Older than this is asked about: it is rather a wrong year.
LONG_AGO_DAYS = 400
#: Years outside are refused: they are no dates of a life.
FIRST_YEAR, LAST_YEAR = 1900, 2200
