"""Records as plain JSON objects and as rows of a table, and back; the shapes others can rely on.

A JSON object has the record's field names, its ``kind``, wall-clock times in ISO form, and glucose
as ``{"value": 7.2, "unit": "mmol/L"}`` exactly as it was reported. What is not known is not there.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, get_args, get_type_hints
from uuid import UUID

import msgspec

from glykos.server.store import decisions
from glykos.server.store.results import UploadResult
from glykos.therapy.clock import is_plausible
from glykos.therapy.records import Device, Record
from glykos.therapy.sensor import BACKFILLED, EXCLUDED, FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale, GlucoseUnit
from glykos.therapy.vocabulary import BY_KIND, RECORD_TYPES

#: A wall-clock time in the second pass of a repeated hour; ISO text cannot say that.
_FOLDED = "second_pass"
_SENSOR_FLAGS = {
    LOW: "low",
    HIGH: "high",
    FOLD: _FOLDED,
    BACKFILLED: "backfilled",
    EXCLUDED: "excluded",
}
SENSOR_COLUMNS = ("at_local", "device_id", "value", "unit", "flags")
_MOST_REVISIONS = 32_767
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def to_json(record: Record) -> dict[str, Any]:
    """A record as a JSON object; fields at their default are left out."""
    shown: dict[str, Any] = {"kind": record.kind}
    for field in fields(record):
        value = getattr(record, field.name)
        if value is None or (field.default is not MISSING and value == field.default):
            continue
        shown[field.name] = _plain(value)
    if record.at_local.fold:
        shown[_FOLDED] = True
    return shown


def from_json(shown: dict[str, Any]) -> Record:
    """The record of :func:`to_json`.

    Raises:
        ValueError: not an object of that shape.
    """
    known = dict(shown)
    kind = known.pop("kind", None)
    fold = int(bool(known.pop(_FOLDED, False)))
    if kind not in BY_KIND:
        raise ValueError("a kind of record that this version does not know")
    record_type = BY_KIND[kind]
    hints = get_type_hints(record_type)
    for name, value in known.items():
        if _holds_glucose(hints.get(name)) and isinstance(value, dict):
            known[name] = msgspec.to_builtins(_glucose(value))
    if unknown := set(known) - {field.name for field in fields(record_type)}:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    record = msgspec.convert(known, record_type)  # its ValidationError is a ValueError
    if record.at_local.tzinfo is not None or not is_plausible(record.at_local):
        raise ValueError("a time that no clock on a wall shows")
    return record if not fold else _again(record)


def columns(record_type: type[Record]) -> list[str]:
    """The columns of a kind's table: its fields, glucose with its unit and limit beside it."""
    hints = get_type_hints(record_type)
    names: list[str] = []
    for field in fields(record_type):
        names.append(field.name)
        if _holds_glucose(hints[field.name]):
            names += [f"{field.name}_unit", f"{field.name}_limit"]
    return names


def row(record: Record) -> list[str]:
    """The cells of a record, in the order of :func:`columns`; unknown is empty."""
    hints = get_type_hints(type(record))
    cells: list[str] = []
    for field in fields(record):
        value = getattr(record, field.name)
        if not _holds_glucose(hints[field.name]):
            cells.append(_cell(value))
        elif value is None:
            cells += ["", "", ""]
        else:
            shown = _plain(value)
            cells += [_cell(shown["value"]), shown["unit"], shown.get("limit", "")]
    return cells


def readings(series: SensorSeries) -> Iterator[dict[str, Any]]:
    """Sensor readings as JSON objects, in order of time."""
    for reading in series.rows():
        shown: dict[str, Any] = {
            "at_local": reading.at_local.isoformat(),
            "device_id": reading.device_id,
        }
        value = _plain(reading.glucose)
        shown |= {"value": value["value"], "unit": value["unit"]}
        if flags := [word for bit, word in _SENSOR_FLAGS.items() if reading.flag & bit]:
            shown["flags"] = flags
        yield shown


def reading_row(shown: dict[str, Any]) -> list[str]:
    """The cells of one of :func:`readings`, in the order of ``SENSOR_COLUMNS``."""
    return [
        shown["at_local"],
        shown["device_id"],
        _cell(shown["value"]),
        shown["unit"],
        " ".join(shown.get("flags", ())),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings:
    """What a person chose for their record; the fields of ``patients`` by the same names."""

    name: str
    birth_date: date | None
    unit: str
    target_preset: str
    target_low_mgdl: int | None
    target_high_mgdl: int | None
    zone: str
    clock_24h: bool
    paper: str
    breakfast_start_min: int
    breakfast_end_min: int
    lunch_start_min: int
    lunch_end_min: int
    dinner_start_min: int
    dinner_end_min: int
    bedtime_start_min: int
    bedtime_end_min: int
    wake_up_start_min: int
    wake_up_end_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFacts:
    """What is said about a revision of a logbook entry besides its record."""

    id: UUID
    rev: Annotated[int, msgspec.Meta(ge=1, le=_MOST_REVISIONS)]
    is_current: bool
    is_deletion: bool
    written_at: Annotated[datetime, msgspec.Meta(tz=True)]


# --- what the objects look like, for programs ------------------------------------------------


def schema_of_records() -> dict[str, Any]:
    """JSON Schema of an array of :func:`to_json` objects of any kind."""
    _, parts = msgspec.json.schema_components(RECORD_TYPES, ref_template="#/$defs/{name}")
    parts["Glucose"] = _GLUCOSE_SCHEMA
    parts.pop("GlucoseScale", None)
    for record_type in RECORD_TYPES:
        part = parts[record_type.__name__]
        part["properties"]["kind"] = {"const": record_type.kind}
        part["properties"][_FOLDED] = {"const": True, "description": "second pass of an hour"}
        part["required"] = ["kind", *part.get("required", ())]
        part["additionalProperties"] = False
        for property_ in part["properties"].values():
            # A wall clock has no zone, so it is no RFC 3339 "date-time".
            _without_zone(property_)
    return {
        "$schema": _DRAFT,
        "title": "Records",
        "type": "array",
        "items": {"oneOf": [{"$ref": f"#/$defs/{each.__name__}"} for each in RECORD_TYPES]},
        "$defs": parts,
    }


def schema_of_readings() -> dict[str, Any]:
    """JSON Schema of an array of :func:`readings`."""
    return {
        "$schema": _DRAFT,
        "title": "Sensor readings",
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["at_local", "device_id", "value", "unit"],
            "properties": {
                "at_local": {"type": "string", "description": "wall clock of the device"},
                "device_id": {"type": "string"},
                "value": {"type": "number"},
                "unit": {"enum": [unit.value for unit in GlucoseUnit]},
                "flags": {
                    "type": "array",
                    "items": {"enum": list(_SENSOR_FLAGS.values())},
                },
            },
        },
    }


def schema_of_devices() -> dict[str, Any]:
    """JSON Schema of an array of devices."""
    return _schema_of(Device, "Devices")


def schema_of_uploads() -> dict[str, Any]:
    """JSON Schema of an array of uploads with what each brought."""
    return _schema_of(UploadResult, "Uploads")


def schema_of_entries() -> dict[str, Any]:
    """JSON Schema of an array of revisions of logbook entries."""
    records = schema_of_records()
    facts = _schema_of(EntryFacts, "Logbook entries, every revision")
    facts["$defs"] |= records["$defs"]
    facts["$defs"]["EntryFacts"]["properties"]["record"] = records["items"]
    facts["$defs"]["EntryFacts"]["required"].append("record")
    return facts


def schema_of_decisions() -> dict[str, Any]:
    """JSON Schema of an array of decisions; ``what`` depends on ``kind``."""
    kinds = decisions.kinds()
    _, parts = msgspec.json.schema_components(kinds.values(), ref_template="#/$defs/{name}")
    time = {"type": "string", "format": "date-time"}
    return {
        "$schema": _DRAFT,
        "title": "Decisions about the data, and saved choices",
        "type": "array",
        "items": {
            "type": "object",
            "required": ["kind", "id", "what", "made_at"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "made_at": time,
                "withdrawn_at": {"anyOf": [time, {"type": "null"}]},
            },
            "oneOf": [
                {
                    "properties": {
                        "kind": {"const": name},
                        "what": {"$ref": f"#/$defs/{kind.__name__}"},
                    }
                }
                for name, kind in kinds.items()
            ],
        },
        "$defs": parts,
    }


def schema_of_settings() -> dict[str, Any]:
    """JSON Schema of an array with one object, the settings of the record."""
    return _schema_of(RecordSettings, "Settings of the record")


def _schema_of(kind: type, title: str) -> dict[str, Any]:
    _, parts = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    items = {"$ref": f"#/$defs/{kind.__name__}"}
    return {"$schema": _DRAFT, "title": title, "type": "array", "items": items, "$defs": parts}


_GLUCOSE_SCHEMA = {
    "title": "Glucose",
    "type": "object",
    "additionalProperties": False,
    "required": ["value", "unit"],
    "properties": {
        "value": {"type": "number", "description": "as reported"},
        "unit": {"enum": [unit.value for unit in GlucoseUnit]},
        "limit": {"enum": ["low", "high"], "description": "below or above the device's range"},
    },
}


# --- parts -----------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if isinstance(value, Glucose):
        return _shown_glucose(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, str | int | float | bool) else msgspec.to_builtins(value)


def _shown_glucose(glucose: Glucose) -> dict[str, Any]:
    is_whole = glucose.scale is GlucoseScale.MGDL
    unit = glucose.scale.unit
    value = glucose.count if is_whole else round(glucose.value_in(unit), 6)
    shown: dict[str, Any] = {"value": value, "unit": unit.value}
    return shown | {"limit": glucose.limit} if glucose.limit else shown


def _glucose(shown: dict[str, Any]) -> Glucose:
    try:
        value, unit, limit = float(shown["value"]), GlucoseUnit(shown["unit"]), shown.get("limit")
        is_finer = unit is GlucoseUnit.MGDL and not (value * 10).is_integer()
        if is_finer and (value * 64).is_integer():  # exact in binary, so the test is exact
            return Glucose(int(value * 64), GlucoseScale.MGDL_64THS, limit)
        return Glucose.reported(value, unit, limit)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("a glucose value without value or unit") from error


def _holds_glucose(hint: Any) -> bool:
    return hint is Glucose or Glucose in get_args(hint)


def _again(record: Record) -> Record:
    """The record in the second pass of its hour."""
    return replace(record, at_local=record.at_local.replace(fold=1))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    plain = _plain(value)
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, list | dict):
        return json.dumps(plain, ensure_ascii=False) if plain else ""
    return str(plain)


def _without_zone(property_: dict[str, Any]) -> None:
    parts: Iterable[dict[str, Any]] = (property_, *property_.get("anyOf", ()))
    for part in parts:
        if part.get("format") == "date-time":
            del part["format"]
