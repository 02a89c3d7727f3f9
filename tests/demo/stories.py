"""Invented lives, each lived and read back once for all tests of the demo."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from glykos.demo.carelink_file import DEFAULT_SEED, as_file
from glykos.demo.events import Life
from glykos.demo.persona import PERSONAS, Persona
from glykos.demo.simulation import simulate
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.carelink_multi import CareLinkMulti
from glykos.therapy.clock import Window
from glykos.therapy.history import History

DAYS = 90


@dataclass(frozen=True)
class Told:
    """A life, the file made of it, and what our reader found in that file."""

    persona: Persona
    life: Life
    data: bytes
    reading: Reading

    @property
    def window(self) -> Window:
        return Window.ending(LAST_DAYS[self.life.clock.shift_s], DAYS)

    @property
    def history(self) -> History:
        return History.build(
            sensor=self.reading.sensor, records=self.reading.records, devices=self.reading.devices
        )


#: Last day of the story by the change of summer time inside it (Europe/Berlin).
LAST_DAYS = {-3600: date(2026, 11, 15), 3600: date(2026, 4, 30), 0: date(2026, 9, 30)}


@cache
def told(who: str, shift_s: int) -> Told:
    persona = PERSONAS[who]
    life = simulate(persona, last_day=LAST_DAYS[shift_s], days=DAYS, seed=DEFAULT_SEED)
    assert life.clock.shift_s == shift_s
    data = as_file(persona, life)
    return Told(persona, life, data, CareLinkMulti().read(Content(data), Hints()))


STORIES = {
    "adult, clock set back": ("adult", -3600),
    "adult, clock set forward": ("adult", 3600),
    "teenager": ("teen", 0),
    "meter only": ("meter", -3600),
}
