"""Every field of every kind of document with every kind of value: shown or read, never a crash."""

from typing import Any

import msgspec
import pytest

from glykos.formats import read
from glykos.formats._nightscout_rows import Document
from glykos.formats._reader import Hints, IssueKind
from glykos.formats._tidepool_rows import TidepoolRow
from glykos.therapy.clock import local_time

_VALUES: tuple[Any, ...] = (
    None, True, "", " ", "x", "=1+1", 0, -1, 5.5, 10**30, 1e300, [], [[]], [1], {}, {"a": []},
    [{"start": {}, "rate": []}], "{'a': 1}", "[{'code': 'bg/out-of-range'}]", "9" * 200, "a\x00\u202eb",
)  # fmt: skip
_TIME = {"time": "2024-03-01T08:00:00Z", "deviceTime": "2024-03-01T09:00:00"}
_ID = {"deviceId": "P", "uploadId": "u"}
_TIDEPOOL = [
    {"type": "cbg", "value": 5.5},
    {"type": "smbg", "value": 5.5},
    {"type": "bolus", "subType": "dual/square", "normal": 1, "extended": 1, "duration": 60_000},
    {"type": "wizard", "carbInput": 10, "bolus": {"subType": "normal", "normal": 1}},
    {"type": "basal", "deliveryType": "scheduled", "rate": 1, "duration": 60_000},
    {"type": "basal", "deliveryType": "temp", "rate": 1, "duration": 60_000, "suppressed": {}},
    {"type": "basal", "deliveryType": "suspend", "duration": 60_000},
    {"type": "pumpSettings", "basalSchedules": {"a": [{"start": 0, "rate": 1}]}},
    {"type": "upload", "deviceManufacturers": ["Medtronic"], "deviceSerialNumber": "1"},
    {"type": "food", "nutrition": {"carbohydrate": {"net": 1}}},
    {"type": "physicalActivity", "duration": {"units": "minutes", "value": 1}},
    {"type": "insulin", "dose": {"total": 1}},
    {"type": "bloodKetone", "value": 1},
    *(
        {"type": "deviceEvent", "subType": kind, "status": "suspended", "value": 5.5,
         "change": {"from": "2024-03-01T09:00:00", "to": "2024-03-01T08:00:00"}}
        for kind in ("alarm", "status", "timeChange", "prime", "reservoirChange", "calibration")
    ),
]  # fmt: skip
_EVENTS = (
    "", "Meal Bolus", "Combo Bolus", "Bolus Wizard", "SMB", "Temp Basal", "Temp Basal End", "BG Check",
    "Sensor Start", "Site Change", "Insulin Change", "Suspend Pump", "Resume Pump", "Exercise",
    "Temporary Target", "Profile Switch", "Note",
)  # fmt: skip
_NIGHTSCOUT = [
    {"type": "sgv", "sgv": 100, "date": 1709280000000, "device": "d"},
    {"type": "mbg", "mbg": 100, "date": 1709280000000},
    {"type": "cal", "slope": 1, "date": 1709280000000},
    {"store": {"A": {"basal": [{"time": "00:00", "value": 1}]}}, "defaultProfile": "A",
     "startDate": "2024-03-01T08:00:00Z"},
    *(
        {"_type": kind, "timestamp": "2024-03-01T08:00:00Z", "amount": 1, "rate": 1}
        for kind in ("Bolus", "TempBasal", "TempBasalDuration", "Prime", "Rewind")
    ),
    *(
        {"eventType": event, "created_at": "2024-03-01T08:00:00Z", "insulin": 1, "carbs": 5,
         "duration": 30, "absolute": 1, "splitNow": 50, "splitExt": 50, "glucose": 100,
         "glucoseType": "Finger", "profile": "A", "targetTop": 100, "targetBottom": 90}
        for event in _EVENTS
    ),
]  # fmt: skip


def every_field(base: dict[str, Any], shape: type[msgspec.Struct]) -> list[dict[str, Any]]:
    names = [field.encode_name for field in msgspec.structs.fields(shape)]
    return [base | {name: value} for name in names for value in _VALUES]


@pytest.mark.parametrize(
    ("key", "documents"),
    [
        ("tidepool", [
            row for base in _TIDEPOOL for row in every_field(_TIME | _ID | base, TidepoolRow)
        ]),
        ("nightscout", [row for base in _NIGHTSCOUT for row in every_field(base, Document)]),
    ],
    ids=("tidepool", "nightscout"),
)  # fmt: skip
def test_a_wrong_value_costs_one_row_at_most(key: str, documents: list[dict[str, Any]]) -> None:
    hints = Hints(zone="Europe/Berlin", now=local_time(2026, 1, 1))
    reading = read(msgspec.json.encode(documents), hints, format_key=key)
    counts = reading.counts
    parts = (counts.imported, counts.duplicate, counts.ignored, counts.rejected)
    assert min(parts) >= 0
    assert sum(parts) == counts.read == len(documents)
    rejected = [issue.rows for issue in reading.issues if issue.kind is IssueKind.REJECTED]
    assert sum(rejected) == counts.rejected


def test_a_wrong_value_in_carelink_connect_costs_one_row_at_most() -> None:
    sample = {"sg": 100, "sensorState": "NO_ERROR_MESSAGE", "timestamp": "2025-11-10T08:00:00"}
    inside = {
        "bolusType": "DUAL", "activationType": "MANUAL", "deliveredFastAmount": 1, "amount": 5,
        "programmedFastAmount": 1, "bolusAmount": 1, "value": 100, "unitValue": 5.5,
        "deliveredExtendedAmount": 1, "programmedDuration": 30, "effectiveDuration": 30,
    }  # fmt: skip
    kinds = ("INSULIN", "MEAL", "AUTO_BASAL_DELIVERY", "BG_READING", "CALIBRATION", "OTHER")
    at = {"timestamp": "2025-11-10T08:00:00"}
    notice = {"faultId": "802", "dateTime": "2025-11-10T08:00:00", "additionalInfo": {"sg": 80}}
    day = {
        "lastConduitDateTime": "never",
        "sgs": [sample | {name: value} for name in sample for value in _VALUES],
        "markers": [
            at | {"type": kind, "data": {"dataValues": inside | {name: value}}}
            for kind in kinds
            for name in inside
            for value in _VALUES
        ]
        + [at | {"type": "MEAL", name: value} for name in ("data", "type") for value in _VALUES],
        "notificationHistory": {
            "clearedNotifications": [notice | {name: value} for name in notice for value in _VALUES]
        },
    }
    reading = read(msgspec.json.encode(day), format_key="carelink_connect")
    counts = reading.counts
    assert counts.read == sum(section.rows for section in reading.sections)
    assert counts.imported + counts.duplicate + counts.ignored + counts.rejected == counts.read
