"""Single readings of a day, who told of each, and taking apart what was taken for one thing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from glykos.reports._format import Formatter, decimal, insulin
from glykos.server.correcting.forms import day_of
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions, queries, tellers
from glykos.server.store.decisions import Made
from glykos.server.store.results import UploadResult
from glykos.therapy.clock import Window
from glykos.therapy.decisions import Apart
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from glykos.therapy.identity import order
from glykos.therapy.links import Link, name_of
from glykos.therapy.records import LOGBOOK, Bolus, BolusEstimate, Device, MeterGlucose, Record

#: Plain words for how a finger-stick was known; other sources' words are shown as they are.
_WITNESSES = {
    "meter": "the meter",
    "pump": "the pump",
    "calculator": "the bolus calculator",
    "typed": "typed in by hand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """One record as one source told it. ``name`` can be told apart; empty where there is nothing to."""

    what: str
    at: str
    device: str
    uploads: tuple[UploadResult, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened, with everybody who told of it."""

    at: str
    what: str
    witnesses: str
    tellers: tuple[Teller, ...]
    apart: tuple[tuple[tuple[UUID, ...], str], ...]  # decisions that keep it from another thing


@login_required
@require_safe
def readings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The finger-sticks, carbs and boluses of one day, each with who told of it."""
    access = authorise(request.user, public_id, Purpose.VIEW)
    span = queries.span(access)
    day = day_of(request.GET.get("day")) or (span.last if span else None)
    context: dict[str, Any] = {"person": access.person, "tab": "devices", "day": day}
    if day is not None:
        context |= {
            "lines": _lines(access, day),
            "earlier": day - timedelta(days=1),
            "later": day + timedelta(days=1),
        }
    return render(request, "correcting/readings.html", context)


@login_required
@require_POST
def take_apart(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """These are two things: one member of a link is to stand on its own from now on."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    day, name = _sent_day(request), request.POST.get("name", "")
    link = next((one for one in _of_day(access, day).links if name in _separable(one)), None)
    if link is None:
        messages.info(request, "These are two things already.")
    else:
        for other in sorted(name_of(one) for one in link.members):
            if other != name:
                decisions.make(access, Apart(first=min(name, other), second=max(name, other)))
        messages.success(request, "These are two things now, in all reports. You can undo it here.")
    return _back(public_id, day)


@login_required
@require_POST
def undo_apart(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take one or several of these decisions back."""
    access = authorise(request.user, public_id, Purpose.WRITE)
    day, asked = _sent_day(request), request.POST.getlist("decision")
    for one in decisions.made(access, Apart):
        if str(one.id) in asked:
            decisions.withdraw(access, one.id)
    messages.success(request, "Undone. What looks like one thing is shown as one again.")
    return _back(public_id, day)


def _of_day(access: Access, day: date) -> History:
    window = Window(day, day)
    return queries.read(access, window).within(window)


def _lines(access: Access, day: date) -> list[Line]:
    history = _of_day(access, day)
    shown = _shown(history)
    links = {name_of(link.shown): link for link in history.links}
    members = [one for record in shown for one in _members(record, links)]
    uploads = {one.upload_id: one for one in queries.uploads(access)}
    write = _Words(
        text=Formatter(access.person.glucose_unit, access.person.clock_24h),
        unit=str(access.person.unit),
        devices={device.id: device for device in history.devices},
        told={
            name: tuple(uploads[id_] for id_ in ids if id_ in uploads)
            for name, ids in tellers.told_by(access, members).items()
        },
        apart=decisions.made(access, Apart),
        shown={name_of(one): record for record in shown for one in _members(record, links)},
    )
    return [write.line(record, links.get(name_of(record))) for record in shown]


def _shown(history: History) -> list[Record]:
    """Finger-sticks, carbs and boluses; a calculation without carbs is a step on the way."""
    with_carbs = [one for one in history.of(BolusEstimate) if one.carbs_g]
    records = [*history.of(MeterGlucose), *history.of(Bolus), *history.of(CarbEntry), *with_carbs]
    return sorted(records, key=order)


def _members(record: Record, links: Mapping[str, Link]) -> tuple[Record, ...]:
    link = links.get(name_of(record))
    return link.members if link else (record,)


def _separable(link: Link) -> set[str]:
    """The members that a person can take out: those that another one stands for."""
    return {name_of(one) for one in link.hidden}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What is needed to put a day's records into words."""

    text: Formatter
    unit: str
    devices: Mapping[str, Device]
    told: Mapping[str, tuple[UploadResult, ...]]
    apart: list[Made[Apart]]
    shown: Mapping[str, Record]  # by the name of each member: what stands for it

    def line(self, record: Record, link: Link | None) -> Line:
        members = link.members if link else (record,)
        separable = _separable(link) if link else set()
        return Line(
            at=self.text.time(record.at_local),
            what=self.what(record),
            witnesses=_witnesses(record),
            tellers=tuple(
                self.teller(one, self.as_witness(one, record), separable) for one in members
            ),
            apart=tuple(self.kept_apart({name_of(one) for one in members})),
        )

    def teller(self, record: Record, what: str, separable: set[str]) -> Teller:
        name = name_of(record)
        return Teller(
            what=what,
            at=self.text.time(record.at_local),
            device=self.device(record.device_id),
            uploads=self.told.get(name, ()),
            name=name if name in separable else "",
        )

    def kept_apart(self, mine: set[str]) -> Iterable[tuple[tuple[UUID, ...], str]]:
        """For each other thing that this one was told apart from: the decisions, and its words."""
        found: dict[str, list[UUID]] = {}
        for one in self.apart:
            pair = {one.what.first, one.what.second}
            for name in pair - mine if pair & mine else ():
                if name in self.shown:
                    found.setdefault(name_of(self.shown[name]), []).append(one.id)
        for name, made in found.items():
            other = self.shown[name]
            yield tuple(made), f"{self.what(other)} of {self.device(other.device_id)}"

    def as_witness(self, record: Record, of: Record) -> str:
        """What a record tells of ``of``: a calculation knows the glucose besides the carbs."""
        if (
            isinstance(of, MeterGlucose)
            and isinstance(record, BolusEstimate)
            and record.glucose_input is not None
        ):
            value = self.text.glucose(record.glucose_input.mgdl)
            return f"Bolus calculator with {value} {self.unit}"
        return self.what(record)

    def what(self, record: Record) -> str:
        match record:
            case MeterGlucose():
                return f"Finger-stick {self.text.glucose(record.glucose.mgdl)} {self.unit}"
            case Bolus():
                if not record.delivered_parts:
                    return f"Bolus, {insulin(record.programmed_u)} U asked for"
                return f"Bolus {insulin(record.delivered_u)} U"
            case BolusEstimate(carbs_g=None):
                return "Bolus calculation"
            case BolusEstimate() | CarbEntry():
                label = (
                    f" ({record.label})" if isinstance(record, CarbEntry) and record.label else ""
                )
                return f"Carbs {decimal(record.carbs_g or 0.0)} g{label}"
        return record.kind

    def device(self, device_id: str) -> str:
        if device_id == LOGBOOK:
            return "the logbook"
        device = self.devices.get(device_id)
        return device.model if device and device.model else "a device without a name"


def _witnesses(record: Record) -> str:
    if not isinstance(record, MeterGlucose) or not record.witnesses:
        return ""
    words = [_WITNESSES.get(one, one.replace("_", " ").lower()) for one in record.witnesses]
    return f"Known from {', '.join(words)}."


def _sent_day(request: HttpRequest) -> date:
    day = day_of(request.POST.get("day"))
    if day is None:
        raise Http404
    return day


def _back(public_id: UUID, day: date) -> HttpResponse:
    return redirect(f"{reverse('correcting:readings', args=[public_id])}?day={day.isoformat()}")
