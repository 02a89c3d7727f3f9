"""Settings rows of CareLink's single-table export: snapshots, schedules and changes.

Rows of one schedule point to their head by Raw-ID (PATTERN_DATUM), and a head may be pointed to
by a set-up row with its old and new form. Source: reference formats.md §1. Glucose in these rows
is always mg/dL.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from glykos.formats._legacy_rows import Head, Row
from glykos.formats._rawtype import Values
from glykos.formats._text import NotANumber
from glykos.therapy.records import (
    BasalSchedule,
    Record,
    ScheduleSegment,
    Setting,
    SettingsChange,
    SettingsSnapshot,
)

#: Row type -> its columns of values: key, name of the setting, unit.
_FAMILIES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "BasalProfile": (("RATE", "Basal pattern", "U/h"),),
    "CarbRatio": (("AMOUNT", "Carb ratio", "g/U"),),
    "InsulinSensitivity": (("AMOUNT", "Insulin sensitivity", "mg/dL per U"),),
    "BGTargetRange": (
        ("AMOUNT_LOW", "Glucose target low", "mg/dL"),
        ("AMOUNT_HIGH", "Glucose target high", "mg/dL"),
    ),
    "SensorGlucoseLimitProfile": (
        ("LOW_LIMIT", "Low glucose alert", "mg/dL"),
        ("HIGH_LIMIT", "High glucose alert", "mg/dL"),
    ),
    "SensorPredictiveAlertProfile": (
        ("LOW_DURATION", "Alert before low", "min"),
        ("HIGH_DURATION", "Alert before high", "min"),
    ),
}
_HEADS = {f"{family.removesuffix('Profile')}Pattern": family for family in _FAMILIES} | {
    "BasalProfilePattern": "BasalProfile",
}
_BASAL = "BasalProfile"
_IN_MS = re.compile(r"(TIME|DURATION)$")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SILENT = frozenset({"ACTION_REQUESTOR"})

_Told = tuple[Row, Values]


@dataclass(slots=True)
class _Schedule:
    """A head row with the settings built from its children."""

    row: Row
    values: Values
    family: str
    children: list[Values] = field(default_factory=list)

    @property
    def pattern(self) -> str:
        return self.values.text("PATTERN_NAME")

    def settings(self) -> list[Setting]:
        """One setting per column of values; empty schedules have no segments."""
        found = []
        for key, name, unit in _FAMILIES[self.family]:
            segments = sorted(
                {
                    int(child.minutes("START_TIME") or 0): self._value(child, key)
                    for child in self.children
                }.items()
            )
            found.append(
                Setting(
                    name=f"{name} {self.pattern}".strip(),
                    unit=self._unit(unit),
                    segments=tuple(ScheduleSegment(start, value) for start, value in segments),
                )
            )
        return found

    def basal(self, *, is_active: bool | None) -> BasalSchedule | None:
        """The basal schedule, or None when it is empty or does not begin at midnight."""
        segments = self.settings()[0].segments
        if not segments or segments[0].start_min != 0 or segments[-1].start_min >= 24 * 60:
            return None
        return BasalSchedule(
            **self.row.head, pattern=self.pattern, segments=segments, is_active=is_active
        )

    def _value(self, child: Values, key: str) -> float:
        return (child.minutes(key) or 0.0) if key.endswith("DURATION") else child.required(key)

    def _unit(self, unit: str) -> str:
        if unit == "g/U" and any(child.text("UNITS") == "exchanges" for child in self.children):
            return "U/exchange"
        return unit


@dataclass(slots=True)
class Settled:
    """Records of all settings rows, and the rows that could not be placed."""

    records: list[Record] = field(default_factory=list)
    orphans: list[Row] = field(default_factory=list)
    broken: list[Row] = field(default_factory=list)


def settle(told: Sequence[_Told]) -> Settled:
    """Snapshots, schedules and changes from all settings rows of a file."""
    found = Settled()
    schedules, plain = _schedules(told, found)
    current: dict[tuple[str, str], list[Setting | _Schedule]] = {}
    newest: dict[tuple[str, str], Row] = {}
    active: dict[tuple[str, str], str] = {}
    changes: list[_Told] = []
    for row, values in plain:
        if not row.raw_type.startswith("Current"):
            changes.append((row, values))
            continue
        key = (row.upload, row.device_id)
        newest.setdefault(key, row)
        if row.raw_type == "CurrentActiveBasalProfilePattern":
            active[key] = values.text("PATTERN_NAME")
        current.setdefault(key, []).append(_plain(row, values))
    for schedule in schedules.values():
        if schedule.row.raw_type.startswith("Current"):
            key = (schedule.row.upload, schedule.row.device_id)
            newest.setdefault(key, schedule.row)
            current.setdefault(key, []).append(schedule)
    for key, parts in current.items():
        found.records += _snapshot(newest[key], parts, active.get(key))
    found.records += _changes(changes, schedules)
    return found


def _schedules(told: Sequence[_Told], found: Settled) -> tuple[dict[str, _Schedule], list[_Told]]:
    """Schedules by the Raw-ID of their head, and the rows that belong to none."""
    schedules: dict[str, _Schedule] = {}
    plain: list[_Told] = []
    children: list[tuple[Row, Values, str]] = []
    for row, values in told:
        body = _body(row.raw_type)
        if body in _HEADS:
            schedules[row.raw_id] = _Schedule(row, values, _HEADS[body])
        elif body in _FAMILIES:
            children.append((row, values, body))
        else:
            plain.append((row, values))
    for row, values, family in children:
        schedule = schedules.get(values.text("PATTERN_DATUM"))
        if schedule is None or schedule.family != family:
            found.orphans.append(row)
        elif _is_sound(values, family):
            schedule.children.append(values)
        else:
            found.broken.append(row)
    return schedules, plain


def _is_sound(values: Values, family: str) -> bool:
    try:
        start = values.minutes("START_TIME")
        for key, _, _ in _FAMILIES[family]:
            values.minutes(key) if key.endswith("DURATION") else values.required(key)
    except NotANumber:
        return False
    return start is not None and 0 <= start < 24 * 60


def _snapshot(row: Row, parts: Iterable[Setting | _Schedule], active: str | None) -> list[Record]:
    settings: list[Setting] = []
    records: list[Record] = []
    for part in parts:
        if isinstance(part, Setting):
            settings.append(part)
            continue
        settings += [setting for setting in part.settings() if setting.segments]
        if part.family == _BASAL:
            is_active = None if active is None else part.pattern == active
            schedule = part.basal(is_active=is_active)
            records += [schedule] if schedule else []
    head: Head = {**row.head, "source_id": f"settings {row.upload}"}
    settings.sort(key=lambda setting: (setting.name, setting.value))
    return [SettingsSnapshot(**head, settings=tuple(settings)), *records]


# --- changes ---------------------------------------------------------------------------------


def _changes(told: Sequence[_Told], schedules: dict[str, _Schedule]) -> list[Record]:
    records: list[Record] = []
    by_id = {row.raw_id: values for row, values in told}
    used: set[str] = set()
    for row, values in told:
        ids = [
            values.text(f"{age}_{kind}_DATUM")
            for kind in ("CONFIG", "PATTERN")
            for age in ("OLD", "NEW")
        ]
        if any(ids):
            used.update(ids)
            records += _set_up(row, ids, by_id, schedules, used)
    for row, values in told:
        if row.raw_id not in used and not _is_set_up(values):
            setting = _plain(row, values)
            records.append(_change(row, None, setting))
    records += _patterns(schedules, used)
    return records


def _is_set_up(values: Values) -> bool:
    return any(key.startswith(("NEW_CONFIG", "NEW_PATTERN")) for key in values.items())


def _set_up(
    row: Row,
    ids: Sequence[str],
    by_id: dict[str, Values],
    schedules: dict[str, _Schedule],
    used: set[str],
) -> list[Record]:
    """A set-up row: every setting whose old and new form differ."""
    old_config, new_config, old_pattern, new_pattern = ids
    old = _whole(old_config, old_pattern, by_id, schedules, used)
    new = _whole(new_config, new_pattern, by_id, schedules, used)
    return [
        _change(row, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]


def _whole(
    config: str,
    pattern: str,
    by_id: dict[str, Values],
    schedules: dict[str, _Schedule],
    used: set[str],
) -> dict[str, Setting]:
    """All settings that a configuration row names, schedules included."""
    found: dict[str, Setting] = {}
    heads = [pattern] if pattern else []
    for key, value in (by_id[config].items() if config in by_id else {}).items():
        if "PATTERN_DATUM" in key:
            heads.append(value)
        elif key not in _SILENT:
            name = _words(key)
            found[name] = Setting(name, _said(key, value))
    for head in heads:
        used.add(head)
        if head in schedules:
            found |= {s.name: s for s in schedules[head].settings() if s.segments}
    return found


def _patterns(schedules: dict[str, _Schedule], used: set[str]) -> list[Record]:
    """Changed schedules that no set-up row names: basal patterns with their earlier form."""
    records: list[Record] = []
    before = {
        (s.row.upload, s.row.device_id, s.row.at_s, s.pattern): s
        for s in schedules.values()
        if s.row.raw_type == "ChangeBasalProfilePatternPre"
    }
    for raw_id, schedule in schedules.items():
        row = schedule.row
        if row.raw_type.startswith("Current") or row.raw_type.endswith("Pre") or raw_id in used:
            continue
        earlier = before.get((row.upload, row.device_id, row.at_s, schedule.pattern))
        old = {s.name: s for s in (earlier.settings() if earlier else ())}
        records += [_change(row, old.get(new.name), new) for new in schedule.settings()]
        if schedule.family == _BASAL and (basal := schedule.basal(is_active=None)):
            records.append(basal)
    return records


def _change(row: Row, old: Setting | None, new: Setting | None) -> SettingsChange:
    name = new.name if new else old.name if old else _words(row.raw_type)
    head: Head = {**row.head, "source_id": f"{row.raw_id} {name}" if row.raw_id else ""}
    return SettingsChange(**head, name=name, old=old, new=new)


# --- words -----------------------------------------------------------------------------------


def _body(raw_type: str) -> str:
    for prefix in ("Current", "Change", "Delete"):
        if raw_type.startswith(prefix):
            return raw_type.removeprefix(prefix).removesuffix("Pre")
    return raw_type


def _plain(row: Row, values: Values) -> Setting:
    """Any other settings row: its type as the name, its pairs as the value."""
    pairs = [(k, v) for k, v in values.items().items() if k not in _SILENT]
    if len(pairs) == 1:
        text = _said(*pairs[0])
    else:
        text = ", ".join(f"{_words(k).lower()}: {_said(k, v)}" for k, v in pairs)
    return Setting(_words(_body(row.raw_type)), text)


def _words(name: str) -> str:
    """``SensorHighGlucoseLimit`` and ``HIGH_GLUCOSE_LIMIT`` as ``High glucose limit``."""
    if "_" in name or name.isupper():
        return name.replace("_", " ").capitalize()
    parts = _WORDS.findall(name)
    words = [part if part.isupper() and len(part) > 1 else part.lower() for part in parts]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _said(key: str, value: str) -> str:
    if value in ("true", "false"):
        return "on" if value == "true" else "off"
    if _IN_MS.search(key) and value.isascii() and value.isdigit() and len(value) < 10:
        minutes = int(value) // 60_000
        return f"{minutes // 60}:{minutes % 60:02d}"
    return value.replace("_", " ")
