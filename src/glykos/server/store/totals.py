"""Day summaries and patient windows, written in the transaction that changes the days."""

from collections.abc import Collection

from glykos.server.sealing import PatientSeal
from glykos.server.store import bulk, days, decided, devices, summaries
from glykos.server.store.models import Chunk, DaySummary, PatientWindow, Stream
from glykos.therapy.corrections import excluded
from glykos.therapy.decisions import Exclusion
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale

_SUMS = (
    "day",
    "scale",
    "n",
    *summaries.BANDS,
    "total",
    "squares",
    "lowest",
    "highest",
    "interval_min",
)
_WINDOW = tuple(summaries.WindowNumbers.__slots__)


def write(seal: PatientSeal, changed: Collection[int], first: SensorSeries | None = None) -> None:
    """Sum up the days from the first to the last that changed, then the windows.

    ``first`` spares reading what was just written: all readings of these days, where nothing was
    stored for any of them before. What the person left out is left out of the sums, too.
    """
    if not changed:
        return
    if first is None:
        span = (min(changed), max(changed))
        names = {number: device.id for number, device in devices.load(seal).items()}
        first = days.load(seal, names, *span)
        mine = DaySummary.objects.filter(patient_id=seal.patient_id)
        mine.filter(stream=Stream.SENSOR_GLUCOSE, day__range=span).delete()
    place = (seal.patient_id, int(Stream.SENSOR_GLUCOSE), summaries.ALGORITHM)
    counted = excluded(first, decided.in_force(seal, Exclusion))
    bulk.insert(
        DaySummary,
        ("patient_id", "stream", "algorithm", *_SUMS),
        [(*place, *_to_columns(sums)) for sums in summaries.day_sums(counted)],
    )
    _windows(seal.patient_id)


def write_between(seal: PatientSeal, first: int, last: int) -> None:
    """Sum up anew the days that have readings, from one day number to another."""
    mine = DaySummary.objects.filter(patient_id=seal.patient_id, day__range=(first, last))
    chunks = Chunk.objects.filter(patient_id=seal.patient_id, day__range=(first, last))
    found = {*mine.values_list("day", flat=True), *chunks.values_list("day", flat=True)}
    write(seal, found)


def _windows(patient_id: int) -> None:
    recent = bulk.select(
        DaySummary,
        _SUMS,
        "patient_id = %s AND stream = %s ORDER BY day DESC, scale LIMIT %s",
        (patient_id, int(Stream.SENSOR_GLUCOSE), max(summaries.WINDOW_DAYS) * len(GlucoseScale)),
    )
    numbers = summaries.window_numbers([_from_columns(*row) for row in recent])
    PatientWindow.objects.filter(patient_id=patient_id).delete()
    bulk.insert(
        PatientWindow,
        ("patient_id", "algorithm", *_WINDOW),
        [
            (patient_id, summaries.ALGORITHM, *(getattr(one, name) for name in _WINDOW))
            for one in numbers
        ],
    )


def _to_columns(sums: summaries.DaySums) -> tuple[int, ...]:
    """The sums as ``_SUMS``."""
    head = (sums.day, sums.scale, sums.n)
    tail = (sums.total, sums.squares, sums.lowest, sums.highest, sums.interval_min)
    return (*head, *sums.bands, *tail)


def _from_columns(day: int, scale: int, n: int, *rest: int) -> summaries.DaySums:
    *bands, total, squares, lowest, highest, interval_min = rest
    return summaries.DaySums(
        day=day,
        scale=scale,
        n=n,
        bands=tuple(bands),
        total=total,
        squares=squares,
        lowest=lowest,
        highest=highest,
        interval_min=interval_min,
    )
