"""Raw-Types of CareLink's single-table export: what each row type means.

Tables and the grammar of Raw-Values only, no records. Source: reference formats.md §1 and
rawtype_vocabulary.tsv (159 types counted in genuine files); names after mid-2015 from
descriptions of Tidepool, not seen in genuine files.
"""

from glykos.formats._text import NotANumber, amount, number
from glykos.therapy.records import SensorCondition, StopReason

GLUCOSE = {
    "GlucoseSensorData": 0,
    "GlucoseSensorDataLow": -1,
    "GlucoseSensorDataHigh": 1,
}
#: A finger-stick as the pump kept it (the second name since June 2015).
ON_PUMP = ("CalBGForPH", "BGCapturedOnPump")
#: A value given to the sensor for calibration (the second name since June 2015).
FOR_SENSOR = ("CalBGForGH", "SensorCalBG")
#: Written by the sensor part of the pump, which numbers its rows apart from the pump part.
_SENSOR_STREAM = ("Glucose", "Sensor", "CalBGForGH")

#: Row types that carry no event of their own: rule as shown to the person.
IGNORED = {
    "UnabsorbedInsulin": "parts of the active insulin that its estimate already totals",
    "CheckTherasenseControlSolution": "control solution measured with a meter",
    "SensorTimestamp": "position marks of the sensor's memory",
    "AlarmResetTimeChangeGH": "position marks of the sensor's memory",
    "ChangeBatteryEnableGH": "battery changes repeated by the sensor's memory",
}

#: (row type, value of its type key) -> condition; None is ignored.
SENSOR_STATES: dict[str, tuple[str, dict[str, SensorCondition]]] = {
    "SensorPacket": (
        "PACKET_TYPE",
        {"init": SensorCondition.WARM_UP, "pre_init": SensorCondition.WARM_UP},
    ),
    "SensorError": ("ERROR_TYPE", {"end": SensorCondition.END_OF_LIFE}),
    "SensorStatus": (
        "STATUS_TYPE",
        {"lost": SensorCondition.SIGNAL_LOST, "on": SensorCondition.CONNECTED},
    ),
    "SensorSync": (
        "SYNC_TYPE",
        {
            "new": SensorCondition.STARTED,
            "find": SensorCondition.CONNECTED,
            "resync": SensorCondition.CONNECTED,
        },
    ),
    "SensorWeakSignal": ("", {"": SensorCondition.WEAK_SIGNAL}),
    "SensorCal": (
        "CAL_TYPE",
        {
            "meter_bg_now": SensorCondition.CALIBRATION_NEEDED,
            "waiting": SensorCondition.CALIBRATION_NEEDED,
            "cal_error": SensorCondition.CALIBRATION_ERROR,
        },
    ),
}

STOPS = {
    "user_suspend": StopReason.USER,
    "alarm_suspend": StopReason.ALARM,
    "low_suspend_mode_1": StopReason.LOW_GLUCOSE,
    "low_suspend_no_response": StopReason.LOW_GLUCOSE,
    "low_suspend_user_selected": StopReason.LOW_GLUCOSE,
}
RESUMED = frozenset(
    {"normal_pumping", "user_restart_basal", "auto_resume_complete", "auto_resume_reduced"}
)
#: Who asked for the stop when an uploader read the pump over radio.
BY_UPLOAD = "rf_diagnostic"

#: Journal rows that the pump wrote itself: text and code.
JOURNAL_ALARMS = {
    "JournalEntryPumpLowReservoir": "Low reservoir",
    "JournalEntryPumpLowBattery": "Low battery",
    "JournalEntryPumpWeakBattery": "Weak battery",
}


def is_settings(raw_type: str) -> bool:
    """Whether a row reads or changes a setting."""
    return (
        raw_type.startswith(("Current", "Change", "Delete", "SaveSettings")) or raw_type == "Clear"
    )


def in_sensor_stream(raw_type: str) -> bool:
    """Whether a row was numbered by the sensor part of the pump."""
    return raw_type.startswith(_SENSOR_STREAM) or raw_type.endswith("GH")


class Values:
    """The ``KEY=VALUE, KEY=VALUE`` cell of a row.

    Keys ending in ``_ID`` since mid-2015 (``PATTERN_DATUM_ID``) answer to their old name too.
    """

    def __init__(self, cell: str) -> None:
        """Split the cell. Raises NotANumber when it does not follow the grammar."""
        self._by_key: dict[str, str] = {}
        if not cell.strip():
            return
        for pair in cell.split(", "):
            key, equals, value = pair.partition("=")
            if not equals or not key.strip():
                raise NotANumber(cell)
            self._by_key[key.strip()] = value.strip()

    def text(self, key: str) -> str:
        """A value as words; "" where absent or ``null``."""
        value = self._by_key.get(key)
        if value is None:
            value = self._by_key.get(f"{key}_ID", "")
        return "" if value == "null" else value

    def number(self, key: str) -> float | None:
        """A value as a number; None where absent or ``null``. Raises NotANumber."""
        value = self.text(key)
        return number(value) if value else None

    def required(self, key: str) -> float:
        """A number that the row makes no sense without. Raises NotANumber."""
        return number(self.text(key))

    def amount(self, key: str) -> float | None:
        """A dose or an amount; None where absent or ``null``. Raises NotANumber, BelowZero."""
        value = self.text(key)
        return amount(value) if value else None

    def required_amount(self, key: str) -> float:
        """A dose that the row makes no sense without. Raises NotANumber, BelowZero."""
        return amount(self.text(key))

    def minutes(self, key: str) -> float | None:
        """A time or duration, printed in milliseconds, in minutes. Raises as amount()."""
        value = self.amount(key)
        return None if value is None else value / 60_000

    def items(self) -> dict[str, str]:
        """All pairs as printed, without those that say nothing."""
        return {k: v for k, v in self._by_key.items() if v not in ("null", "")}
