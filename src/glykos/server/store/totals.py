"""Day summaries and patient windows, written in the transaction that changes the days."""

from collections.abc import Collection

from django.db.models import Q

from glykos.server.sealing import PatientSeal
from glykos.server.store import days, devices, summaries
from glykos.server.store.models import DaySummary, PatientWindow, Stream

_LISTED_DAYS = 300


def write(seal: PatientSeal, changed: Collection[int]) -> None:
    """Sum up the days that changed, then the windows."""
    if not changed:
        return
    names = {number: device.id for number, device in devices.load(seal).items()}
    at_days = (
        Q(day__in=changed)
        if len(changed) <= _LISTED_DAYS
        else Q(day__range=(min(changed), max(changed)))
    )
    series = days.load(seal, names, days=Q(stream=Stream.SENSOR_GLUCOSE) & at_days)
    rows = DaySummary.objects.filter(at_days, patient_id=seal.patient_id)
    rows.filter(stream=Stream.SENSOR_GLUCOSE).delete()
    DaySummary.objects.bulk_create(
        [_summary_row(seal.patient_id, sums) for sums in summaries.day_sums(series)]
    )
    _windows(seal.patient_id)


def _windows(patient_id: int) -> None:
    rows = DaySummary.objects.filter(patient_id=patient_id, stream=Stream.SENSOR_GLUCOSE)
    last = rows.order_by("-day").values_list("day", flat=True).first()
    recent = rows.filter(day__gt=last - max(summaries.WINDOW_DAYS)) if last is not None else []
    numbers = summaries.window_numbers([_sums(row) for row in recent])
    PatientWindow.objects.filter(patient_id=patient_id).delete()
    PatientWindow.objects.bulk_create(
        [
            PatientWindow(
                patient_id=patient_id,
                algorithm=summaries.ALGORITHM,
                **{name: getattr(one, name) for name in summaries.WindowNumbers.__slots__},
            )
            for one in numbers
        ]
    )


def _summary_row(patient_id: int, sums: summaries.DaySums) -> DaySummary:
    below_54, below_70, to_140, to_180, to_250, above_250 = sums.bands
    return DaySummary(
        patient_id=patient_id,
        stream=Stream.SENSOR_GLUCOSE,
        day=sums.day,
        scale=sums.scale,
        n=sums.n,
        below_54=below_54,
        below_70=below_70,
        to_140=to_140,
        to_180=to_180,
        to_250=to_250,
        above_250=above_250,
        total=sums.total,
        squares=sums.squares,
        lowest=sums.lowest,
        highest=sums.highest,
        interval_min=sums.interval_min,
        algorithm=summaries.ALGORITHM,
    )


def _sums(row: DaySummary) -> summaries.DaySums:
    return summaries.DaySums(
        day=row.day,
        scale=row.scale,
        n=row.n,
        bands=(
            row.below_54,
            row.below_70,
            row.to_140,
            row.to_180,
            row.to_250,
            row.above_250,
        ),
        total=row.total,
        squares=row.squares,
        lowest=row.lowest,
        highest=row.highest,
        interval_min=row.interval_min,
    )
