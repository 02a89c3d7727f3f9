"""The forms about clocks and about readings left out. Times are wall-clock times, without a zone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from glykos.server.patients.forms import zone_choices
from glykos.therapy.clock import wall_seconds
from glykos.therapy.decisions import ClockCorrection, ExclusionReason

REASONS = {
    ExclusionReason.COMPRESSION: "Lay on the sensor (compression low)",
    ExclusionReason.FIRST_DAY: "First day of a sensor",
    ExclusionReason.BAD_SENSOR: "Sensor did not work well",
    ExclusionReason.OTHER: "Another reason",
}
LONGEST_LEFT_OUT = timedelta(days=31)
_HOUR_S = 3600


def _day(label: str, **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, validators=[_meant], **options)


def _meant(day: date) -> None:
    if not _is_plausible(day):
        raise forms.ValidationError("Please look at the year again.")


def _time(label: str, **options: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, **options)


def _at(values: Mapping[str, Any], name: str) -> datetime | None:
    """The wall-clock time of a pair of fields, or None where one is missing."""
    day: date | None = values.get(f"{name}_day")
    at: time | None = values.get(f"{name}_time")
    return None if day is None or at is None else datetime.combine(day, at)


class _StretchForm(forms.Form):
    """A device and a stretch of time."""

    device = forms.TypedChoiceField(label="Device", coerce=int)
    start_day = _day("From day")
    start_time = _time("From time")
    end_day = _day("Until day")
    end_time = _time("Until time")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        start, end = _at(values, "start"), _at(values, "end")
        if start and end and start >= end:
            self.add_error("end_day", "The end must come after the beginning.")
        return values

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """The fields as they stand below each other: a day beside its time."""
        found: list[list[forms.BoundField]] = []
        for field in self.visible_fields():
            if field.name.endswith("_time"):
                found[-1].append(field)
            else:
                found.append([field])
        return found

    @property
    def span_s(self) -> tuple[int, int]:
        """The stretch in wall-clock seconds, once the form is valid."""
        start, end = _at(self.cleaned_data, "start"), _at(self.cleaned_data, "end")
        if start is None or end is None:
            raise ValueError("the form is not valid")
        return wall_seconds(start), wall_seconds(end)


class ZoneForm(_StretchForm):
    """This device was on another time zone from A to B."""

    prefix = "zone"

    kind = forms.CharField(widget=forms.HiddenInput, initial="zone")
    zone = forms.ChoiceField(label="It was on the time of")

    field_order = ("kind", "device", "zone", "start_day", "start_time", "end_day", "end_time")

    def __init__(
        self, *args: Any, devices: Sequence[tuple[int, str]], home: ZoneInfo, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["device"].choices = devices  # type: ignore[attr-defined]
        self.fields["zone"].choices = [  # type: ignore[attr-defined]
            ("", "Choose a place"),
            *fixed_choices(home),
            *zone_choices(),
        ]
        self.fields["zone"].help_text = "The place whose time it showed."
        self.fields["start_day"].help_text = "Days and times as the device showed them."

    def correction(self, device_id: str) -> ClockCorrection:
        """What the form says."""
        from_s, to_s = self.span_s
        return ClockCorrection(
            device_id=device_id, from_s=from_s, to_s=to_s, zone=self.cleaned_data["zone"]
        )


class ShownForm(_StretchForm):
    """The clock showed A when it was really B, until it was set right."""

    prefix = "shown"

    kind = forms.CharField(widget=forms.HiddenInput, initial="shown")
    real_day = _day("It was really this day")
    real_time = _time("It was really this time")

    field_order = (
        *("kind", "device", "start_day", "start_time", "real_day", "real_time"),
        *("end_day", "end_time"),
    )

    def __init__(
        self, *args: Any, devices: Sequence[tuple[int, str]], home: ZoneInfo, **options: Any
    ) -> None:
        del home  # a clock that was simply wrong has nothing to do with a zone
        super().__init__(*args, **options)
        self.fields["device"].choices = devices  # type: ignore[attr-defined]
        self.fields["start_day"].label = "The clock showed this day"
        self.fields["start_time"].label = "The clock showed this time"
        self.fields["start_day"].help_text = "The first moment at which it was wrong."
        self.fields["end_day"].label = "Until it showed this day"
        self.fields["end_time"].label = "Until it showed this time"

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        start, real = _at(values, "start"), _at(values, "real")
        if start and start == real:
            self.add_error("real_day", "These two times are the same: nothing to correct.")
        return values

    def correction(self, device_id: str) -> ClockCorrection:
        """What the form says."""
        from_s, to_s = self.span_s
        real = _at(self.cleaned_data, "real")
        if real is None:
            raise ValueError("the form is not valid")
        ahead_s = from_s - wall_seconds(real)
        return ClockCorrection(device_id=device_id, from_s=from_s, to_s=to_s, ahead_s=ahead_s)


class LeaveOutForm(_StretchForm):
    """Sensor readings that shall not count."""

    reason = forms.ChoiceField(
        label="Why", choices=[(reason.value, words) for reason, words in REASONS.items()]
    )
    note = forms.CharField(
        label="Note", required=False, max_length=200, help_text="Only for yourself; may be empty."
    )

    def __init__(self, *args: Any, devices: Iterable[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["device"].label = "Sensor"
        self.fields["device"].choices = [(0, "Every sensor"), *devices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        start, end = _at(values, "start"), _at(values, "end")
        if start and end and end - start > LONGEST_LEFT_OUT:
            self.add_error("end_day", f"Choose at most {LONGEST_LEFT_OUT.days} days at a time.")
        return values


def fixed_choices(home: ZoneInfo) -> list[tuple[str, str]]:
    """Winter or summer time of home all the year: what a pump shows that nobody changed.

    Only where such a zone of whole hours exists; ``Etc/GMT-1`` is UTC+1 (POSIX).
    """
    offsets = sorted(
        {
            int((datetime(2026, month, 15, tzinfo=home).utcoffset() or timedelta()).total_seconds())
            for month in range(1, 13)
        }
    )
    if len(offsets) != 2 or any(offset % _HOUR_S for offset in offsets):
        return []
    names = ("winter time all the year", "summer time all the year")
    return [
        (_fixed_zone(offset // _HOUR_S), f"Home, {name} (UTC{offset // _HOUR_S:+d})")
        for offset, name in zip(offsets, names, strict=True)
    ]


def _fixed_zone(hours: int) -> str:
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def time_of(text: str | None) -> datetime | None:
    """A wall-clock time of an address; None for anything else."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at if at.tzinfo is None and _is_plausible(at.date()) else None


def day_of(text: str | None) -> date | None:
    """A day of an address; None for anything else."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if _is_plausible(day) else None


def _is_plausible(day: date) -> bool:
    return 1950 <= day.year <= 2150
