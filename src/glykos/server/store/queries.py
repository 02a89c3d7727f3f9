"""The only way to anyone's data: arrays and plain values, never querysets.

Every function takes an ``Access`` and writes the audit event before it reads; where the event
cannot be written, nothing is read.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Min

from glykos.formats._reader import Owner
from glykos.server.audit.actions import record as audit
from glykos.server.audit.kinds import Action
from glykos.server.sealing import Kind
from glykos.server.sharing import Access
from glykos.server.store import (
    days,
    decided,
    devices,
    entries,
    events,
    files,
    places,
    seen,
    tellers,
)
from glykos.server.store.models import Chunk, Event, SourceFile
from glykos.server.store.results import UploadResult, UploadStatus
from glykos.therapy.clock import DAY_S, Window, date_of, day_number
from glykos.therapy.corrections import as_told, corrected, sources_as_shown
from glykos.therapy.decisions import Apart
from glykos.therapy.history import History
from glykos.therapy.links import LINKABLE, are_one_pump
from glykos.therapy.records import Bolus, Device, Record

#: Days read beyond the window: traces after a late dinner, and what was running when it began.
SENSOR_MARGIN_DAYS = 1
EVENT_LEAD_DAYS = 7
#: More than the longest silence of a pump (26 h) that its basal rate is believed for.
EVENT_TRAIL_DAYS = 2
#: Days with glucose in the logbook after which it speaks for a record, not the last upload.
GLUCOSE_DAYS = 3
_NOT_EVENTS = ("settings_snapshot", "basal_schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """When something is known.

    ``newest`` is where reports end while nobody chose days: the newest day that devices told of,
    or the newest entry where they told nothing or glucose was written down on 3 days since.
    """

    span: Window
    newest: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUse:
    """A device, and the uploads in use that told of it, newest first."""

    device: Device
    uploads: tuple[UploadResult, ...]


def read(access: Access, window: Window, *, with_previous: bool = False) -> History:
    """The person's records of a window, and what is needed to understand its edges.

    Besides the window (with ``with_previous`` also the equally long one before) the history holds
    one day of sensor readings on either side, seven days of events before and two after, and
    what is standing (settings, clock changes, HbA1c, illness) of any time; callers cut with
    ``History.within`` or the window's own seconds.
    """
    _audit(access, Action.HISTORY_READ, first=str(window.first), last=str(window.last))
    return history(access, window.previous.first if with_previous else window.first, window.last)


def history(access: Access, first: date, last: date) -> History:
    """What :func:`read` returns, without its audit event: for ``read`` and the benchmark only."""
    margin = timedelta(days=SENSOR_MARGIN_DAYS)
    known = devices.load(access.seal)
    names = {number: device.id for number, device in known.items()}
    wide = Window(first - margin, last + margin)
    lead_s = Window(first, first).start_s - EVENT_LEAD_DAYS * DAY_S
    trail_s = Window(last, last).end_s + EVENT_TRAIL_DAYS * DAY_S
    by_type: dict[type[Record], list[Record]] = {}
    told = events.load(access.seal, names, lead_s, trail_s)
    told, logbook = entries.with_entries(access.seal, told, lead_s, trail_s)
    for record in told:
        by_type.setdefault(type(record), []).append(record)
    found = History(
        sensor=days.load(access.seal, names, day_number(wide.first), day_number(wide.last)),
        records={kind: tuple(group) for kind, group in by_type.items()},
        devices=_listed([*known.values(), *logbook]),
        zone=access.person.zone_info,
    )
    in_force = decided.everything(access.seal)
    found = seen.by_decisions(access, found, names, wide, (lead_s, trail_s), in_force)
    if not any(kind in found.records for kind in LINKABLE):
        return found
    return _linked(access, found, names, in_force.apart)


def _linked(
    access: Access, found: History, names: Mapping[int, str], apart: Sequence[Apart]
) -> History:
    """The history with one record for each thing.

    Where the days that are read do not show that their sources are one pump, all boluses of the
    person decide, so that a day has the same insulin in every report.
    """
    told = list(as_told(found))
    sources = sources_as_shown([found], tellers.sources(access, told))
    if are_one_pump(found.of(Bolus), sources):
        return found.linked(apart, sources)
    boluses = tuple(events.load_kind(access.seal, names, Bolus.kind))
    ever = corrected(replace(found, records={Bolus: boluses}), seen.clocks(access, names))
    sources = sources_as_shown([found, ever], tellers.sources(access, [*told, *boluses]))
    return found.linked(apart, sources, ever.of(Bolus))


def known(access: Access) -> Known | None:
    """When something is known, or None for an empty record.

    Tells when, not what: no audit event of its own, because a page always reads more.
    """
    told = _told_days(access)
    written = [second // DAY_S for second in entries.extent_s(access.patient_id)]
    if not (all_ := [*told, *written]):
        return None
    newest = max(told or written)
    if entries.glucose_days_after(access.patient_id, newest) >= GLUCOSE_DAYS:
        newest = max(all_)
    return Known(span=Window(date_of(min(all_)), date_of(max(all_))), newest=date_of(newest))


def span(access: Access) -> Window | None:
    """The days from the first to the last thing known, or None for an empty record."""
    found = known(access)
    return found.span if found else None


def _told_days(access: Access) -> list[int]:
    """The first and the last day that devices told of; empty without any."""
    if seen.has_corrected_clocks(access):
        shown = seen.known_days(access)
        return [min(shown), max(shown)] if shown else []
    by_day = Chunk.objects.filter(patient_id=access.patient_id)
    found = by_day.aggregate(first=Min("day"), last=Max("day"))
    happened = Event.objects.filter(patient_id=access.patient_id).exclude(kind__in=_NOT_EVENTS)
    at = happened.aggregate(first=Min("at_s"), last=Max("at_s"))
    days_ = [day for day in (found["first"], found["last"]) if day is not None]
    days_ += [second // DAY_S for second in (at["first"], at["last"]) if second is not None]
    return [min(days_), max(days_)] if days_ else []


def known_days(access: Access) -> list[date]:
    """Every day with readings, events or entries, oldest first; tells when, not what, like ``span``."""
    numbers = seen.known_days(access)
    return sorted({date_of(number) for number in numbers} | entries.days(access.patient_id))


def uploads(access: Access) -> list[UploadResult]:
    """Every uploaded file, newest first: in use, undone, or waiting for an answer."""
    _audit(access, Action.UPLOADS_READ)
    return _uploads(access)


def upload_page(access: Access, page: int, size: int) -> tuple[list[UploadResult], int]:
    """One page of :func:`uploads` (from 1), and how many files there are; opens no others."""
    _audit(access, Action.UPLOADS_READ)
    total = SourceFile.objects.filter(patient_id=access.patient_id).count()
    start = (page - 1) * size
    return _uploads(access, slice(start, start + size)), total


def upload(access: Access, upload_id: UUID) -> UploadResult:
    """One uploaded file. Raises AccessDenied for one that this record does not have."""
    _audit(access, Action.UPLOADS_READ, upload=str(upload_id))
    return files.open_summary(access.seal, files.row(access.patient_id, upload_id))


def original(access: Access, upload_id: UUID) -> bytes:
    """The bytes of a file exactly as they were uploaded."""
    row = files.at(access.patient_id, upload_id).first()
    if row is None:
        raise files.not_there()
    _audit(access, Action.ORIGINAL_READ, upload=str(upload_id))
    place = places.of_original(upload_id)
    return zlib.decompress(access.seal.open(Kind.UPLOAD, place, bytes(row.original)))


def device_list(access: Access) -> list[DeviceUse]:
    """Every device with the uploads that told of it."""
    active = [one for one in uploads(access) if one.status is UploadStatus.ACTIVE]
    return [
        DeviceUse(
            device=device,
            uploads=tuple(one for one in active if device.id in {d.id for d in one.devices}),
        )
        for device in _listed(devices.load(access.seal).values())
    ]


def owners(access: Access) -> list[Owner]:
    """Who the files in use say they belong to; for recognising another person's file."""
    found = [one.owner for one in _uploads(access) if one.status is UploadStatus.ACTIVE]
    return [owner for owner in found if owner.name or owner.birth_date]


def devices_of_others(access: Access, told: tuple[Device, ...]) -> list[Device]:
    """The devices whose serial number another record on this installation has."""
    return devices.used_by_others(access.patient_id, told)


def _listed(known: Iterable[Device]) -> tuple[Device, ...]:
    listed = (device for device in known if device.kind != devices.UNLISTED)
    return tuple(sorted(listed, key=lambda device: device.id))


def _uploads(access: Access, part: slice = slice(None)) -> list[UploadResult]:
    rows = SourceFile.objects.filter(patient_id=access.patient_id).defer("original")
    return [
        files.open_summary(access.seal, row) for row in rows.order_by("-received_at", "id")[part]
    ]


def _audit(access: Access, action: Action, **detail: str) -> None:
    with transaction.atomic():
        audit(
            actor_id=access.actor_id,
            action=action,
            patient_id=access.patient_id,
            obj=detail.pop("upload", ""),
            detail={**detail, "purpose": str(access.purpose)},
        )
