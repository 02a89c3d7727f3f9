"""What a person decides about the data: left out, corrected, told apart.

Nothing of it changes what a device said. A decision is applied when a history is read and can be
withdrawn at any time; the reports then look as if it had never been made.
"""

from dataclasses import dataclass
from enum import StrEnum


class ExclusionReason(StrEnum):
    """Why sensor readings are left out of statistics."""

    COMPRESSION = "compression"  # somebody lay on the sensor
    FIRST_DAY = "first_day"
    BAD_SENSOR = "bad_sensor"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Sensor readings with ``from_s <= at_s < to_s`` (stored wall clock) count for nothing.

    ``device_id`` names one device; empty means every device.
    """

    from_s: int
    to_s: int
    reason: ExclusionReason
    device_id: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCorrection:
    """From ``from_s`` to before ``to_s`` (its own wall clock) a device did not show home time.

    Either ``zone`` (IANA) says on which zone the device was, or ``ahead_s`` by how much its clock
    was ahead of the time where the person was (AM/PM error, wrong year, default date). The stored
    wall clock stays; only what it means changes.
    """

    device_id: str
    from_s: int
    to_s: int
    zone: str = ""
    ahead_s: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Two records that were linked as the same thing are two things.

    Each is named by ``links.name_of(record)``: text that depends on its identity alone.
    """

    first: str
    second: str
