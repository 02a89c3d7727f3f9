"""What a correction means and what readings left out change, in plain words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from glykos.metrics import Analysis
from glykos.metrics.average import average
from glykos.metrics.bands import own_bands
from glykos.reports._format import Formatter, counted, day_label, day_text, percent, period_text
from glykos.server.correcting.forms import REASONS, fixed_choices
from glykos.server.patients.models import Person
from glykos.server.sharing import Access
from glykos.server.store import clocks
from glykos.server.store import queries as store
from glykos.server.store.clocks import DeviceClock
from glykos.server.store.decisions import Made
from glykos.therapy.clock import DAY_S, Window, date_of, from_wall_seconds
from glykos.therapy.clock_view import ClockView
from glykos.therapy.corrections import readmitted
from glykos.therapy.decisions import ClockCorrection, Exclusion
from glykos.therapy.history import History
from glykos.therapy.sensor import EXCLUDED

_MINUTE_S, _HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionWords:
    """A correction as a person reads it."""

    device: str
    what: str
    when: str
    id: UUID | None = None
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a correction that is not made yet would change."""

    words: CorrectionWords
    moved: str
    examples: tuple[str, ...]
    is_pump: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The core numbers of some days, as texts."""

    in_range: str
    mean: str
    readings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """One stretch that was left out, and the numbers of its days without and with it."""

    id: UUID
    when: str
    who: str
    why: str
    note: str
    readings: int
    days: str
    last_day: datetime
    without: Numbers
    with_it: Numbers


def name_of(one: DeviceClock | None, device_id: str = "") -> str:
    """A device as people know it."""
    if one is None:
        return "a device that is not in use any more" if device_id else "every sensor"
    device = one.device
    model = device.model or "a device without a name"
    return f"{model} ({device.serial})" if device.serial else model


def correction_words(
    person: Person, correction: ClockCorrection, device: DeviceClock | None
) -> CorrectionWords:
    """A correction in one line."""
    text = Formatter(person.glucose_unit, person.clock_24h)
    start, end = from_wall_seconds(correction.from_s), from_wall_seconds(correction.to_s)
    return CorrectionWords(
        device=name_of(device, correction.device_id),
        what=_what(person, correction),
        when=f"from {at_text(text, start)} until {at_text(text, end)} on its own clock",
    )


def made_words(
    person: Person, made: Made[ClockCorrection], device: DeviceClock | None
) -> CorrectionWords:
    """A correction in force in one line, with what is needed to take it back."""
    words = correction_words(person, made.what, device)
    return CorrectionWords(
        device=words.device,
        what=words.what,
        when=words.when,
        id=made.id,
        made_at=made.made_at.astimezone(person.zone_info),
    )


def _what(person: Person, correction: ClockCorrection) -> str:
    if correction.zone:
        fixed = dict(fixed_choices(person.zone_info)).get(correction.zone)
        return f"was on the time of {fixed or correction.zone.replace('_', ' ')}"
    ahead_s = correction.ahead_s or 0
    return f"was {_length(abs(ahead_s))} {'ahead' if ahead_s > 0 else 'behind'}"


def _length(seconds: int) -> str:
    days, rest = divmod(seconds, DAY_S)
    hours, rest = divmod(rest, _HOUR_S)
    parts = ((days, "day"), (hours, "hour"), (round(rest / _MINUTE_S), "minute"))
    return " ".join(counted(number, noun) for number, noun in parts if number) or "0 minutes"


def at_text(text: Formatter, at_local: datetime) -> str:
    """A day with its time."""
    return f"{day_text(at_local.date())}, {text.time(at_local)}"


def preview(access: Access, correction: ClockCorrection, device: DeviceClock) -> Preview:
    """What would change: which readings and records move from where to where."""
    person = access.person
    text = Formatter(person.glucose_unit, person.clock_24h)
    shifts = tuple(change.shift for change in device.changes)
    view = ClockView.of([correction], person.zone_info, shifts)
    told = clocks.stretch(access, device.number, correction.from_s, correction.to_s)
    warnings: list[str] = []
    ends: Iterable[int]
    if not view:
        warnings.append("This is the time your reports use already: nothing would change.")
    if told.first_s is None or told.last_s is None:
        warnings.append("The device told nothing in this stretch, so nothing would move.")
        moved, ends = "", ()
    else:
        what = [counted(told.readings, "sensor reading")] if told.readings else []
        what += [counted(told.records, "other record")] if told.records else []
        moved = f"{' and '.join(what)} will be shown at other times:"
        ends = dict.fromkeys((told.first_s, told.last_s))
    return Preview(
        words=correction_words(person, correction, device),
        moved=moved,
        examples=tuple(_moves(text, view, at_s) for at_s in ends),
        is_pump=device.device.kind == "pump",
        warnings=tuple(warnings),
    )


def _moves(text: Formatter, view: ClockView, at_s: int) -> str:
    told = from_wall_seconds(at_s)
    shown = view.shown_local(told)
    return f"{at_text(text, told)} on its clock becomes {at_text(text, shown)}."


def left_out(access: Access, made: Made[Exclusion], devices: dict[str, DeviceClock]) -> LeftOut:
    """One stretch in words, with the numbers of its days without and with what was left out."""
    text = Formatter(access.person.glucose_unit, access.person.clock_24h)
    from_s, to_s = _shown_span(access, made.what)
    window = Window(date_of(from_s // DAY_S), date_of((to_s - 1) // DAY_S))
    history = store.read(access, window)
    series = history.sensor.between(from_s, to_s)
    mine = (series.flag & EXCLUDED) != 0
    if made.what.device_id:
        mine &= np.array([series.device_ids[n] == made.what.device_id for n in series.device], bool)
    start, end = from_wall_seconds(from_s), from_wall_seconds(to_s)
    same_day = start.date() == end.date()
    device = devices.get(made.what.device_id)
    return LeftOut(
        id=made.id,
        when=f"{at_text(text, start)} to {text.time(end) if same_day else at_text(text, end)}",
        who=name_of(device, made.what.device_id),
        why=REASONS[made.what.reason],
        note=made.what.note,
        readings=int(mine.sum()),
        days=day_label(window.first) if window.days == 1 else period_text(window),
        last_day=datetime.combine(window.first, datetime.min.time()),
        without=_numbers(access.person, history, window),
        with_it=_numbers(access.person, readmitted(history), window),
    )


def _shown_span(access: Access, what: Exclusion) -> tuple[int, int]:
    """A stored stretch as reports show it."""
    view = clocks.views(access).get(what.device_id)
    if view is None:
        return what.from_s, what.to_s
    pieces = list(view.pieces(what.from_s, what.to_s))
    starts = [piece.from_s - piece.ahead_s for piece in pieces]
    return min(starts), max(piece.to_s - piece.ahead_s for piece in pieces)


def _numbers(person: Person, history: History, window: Window) -> Numbers:
    text = Formatter(person.glucose_unit, person.clock_24h)
    analysis = Analysis(history, window, person.targets, person.plan)
    bands, mean = own_bands(analysis), average(analysis)
    return Numbers(
        in_range="none" if bands is None else f"{percent(bands.in_target)} %",
        mean="none" if mean is None else f"{text.glucose(mean.mean)} {person.unit}",
        readings=str(len(analysis.sensor)),
    )
