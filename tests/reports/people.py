"""Five invented people, one for each way of living with diabetes, as their histories."""

from datetime import date
from functools import cache

from glykos.demo.cast import CAST
from glykos.formats import combine, read
from glykos.formats._reader import Hints
from glykos.therapy.history import History

LAST = date(2026, 3, 31)
DAYS = 60
KEYS = tuple(member.key for member in CAST)


@cache
def person(key: str) -> History:
    """The history of one of the five: files through the ordinary readers, entries beside them."""
    member = next(one for one in CAST if one.key == key)
    told = member.tell(LAST, DAYS)
    hints = Hints(date_order="dmy")
    found, _ = combine([read(data, hints) for _, data in told.files])
    records = [record for group in found.records.values() for record in group]
    return History.build(
        sensor=found.sensor, records=[*records, *told.entries], devices=found.devices
    )
