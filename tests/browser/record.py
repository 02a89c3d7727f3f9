"""A full record for browser tests: a generated export, through the ordinary import path."""

from datetime import date
from functools import cache

from glykos import formats
from glykos.demo.carelink_file import carelink_csv
from glykos.demo.persona import ALEX
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from glykos.server.store.actions import apply_upload
from glykos.server.web import clock

LAST_DAY = date(2026, 3, 15)


@cache
def export() -> bytes:
    """Three weeks of an invented person, as a CareLink file."""
    return carelink_csv(ALEX, last_day=LAST_DAY, days=21)


def fill(person: Person) -> None:
    """Bring the export into this record."""
    access = authorise(person.owner, person, Purpose.UPLOAD)
    data = export()
    apply_upload(access, formats.read(data), data, file_name="export.csv", received_at=clock.now())
