"""Every number of the reference exports comes out, in any order of import.

The cases are whatever ``expected.json`` lists; no file is named here.
"""

import json
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

from glykos.formats import combine, read
from glykos.formats._reader import Reading
from glykos.therapy.diary import CarbEntry, Injection
from glykos.therapy.history import History
from glykos.therapy.records import (
    Bolus,
    BolusEstimate,
    BolusKind,
    DailyTotal,
    MeterGlucose,
    Prime,
    Resume,
    Rewind,
    SensorState,
    Suspend,
    TimeChange,
    TotalScope,
)
from glykos.therapy.sensor import HIGH, LOW
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
#: A format of ours, or "<format> union of <files>" / "<format> union by Raw-ID of <files>".
SINGLE = {n: e for n, e in _TABLE.items() if e["format"] in ("carelink_legacy", "carelink_multi")}
UNIONS = {
    name: entry
    for name, entry in _TABLE.items()
    if entry["format"].startswith("carelink_") and " union " in entry["format"]
}
_NOT_A_NUMBER = {"format", "recommended_split"}


def facts(history: History, readings: list[Reading]) -> dict[str, object]:
    """Every fact of both vocabularies of the table; each has its own name."""
    boluses, estimates = history.of(Bolus), history.of(BolusEstimate)
    meters, totals = history.of(MeterGlucose), history.of(DailyTotal)
    automatic = [t for t in totals if t.scope is TotalScope.AUTO]
    whole = [t for t in totals if t.scope is TotalScope.ALL]
    meals, injections = history.of(CarbEntry), history.of(Injection)
    sensor = history.sensor
    rows = sensor.rows()
    now_parts = [b for b in boluses if b.delivered_now_u is not None]
    extended = [b for b in boluses if b.delivered_extended_u is not None]
    interrupted = sum(b.interrupted_parts for b in boluses)
    units = sum(b.delivered_u for b in boluses)
    carbs = sum(e.carbs_g or 0 for e in estimates)
    markers = {"Insulin": len(injections), "Meal": len(meals)}
    spans = [reading.covers for reading in readings if reading.covers]
    return {
        "rows": sum(r.counts.read for r in readings),
        "distinct_raw_ids": len(frozenset().union(*(r.row_ids for r in readings))),
        "uploads": len(frozenset().union(*(r.upload_ids for r in readings))),
        "sections": [
            [s.model, s.part, s.serial, "auto" if s.is_aggregated else "", s.rows]
            for r in readings
            for s in r.sections
        ],
        "pumps": [d.model for d in history.devices if d.kind == "pump"],
        "cgm_readings": len(sensor),
        "cgm_at_high_limit": int((sensor.flag & HIGH > 0).sum()),
        "cgm_at_low_limit": int((sensor.flag & LOW > 0).sum()),
        "mean_sensor_glucose": float(sensor.mgdl.mean()) if rows else None,
        "sensor_min": float(sensor.mgdl.min()) if rows else None,
        "sensor_max": float(sensor.mgdl.max()) if rows else None,
        "cgm_first": str(rows[0].at_local) if rows else None,
        "cgm_last": str(rows[-1].at_local) if rows else None,
        "sensor_exceptions": len(history.of(SensorState)),
        "bolus_normal_rows": len(now_parts),
        "bolus_square_rows": len(extended),
        "bolus_dual_square_rows": len(extended),
        "dual_normal_parts": sum(b.bolus_kind is BolusKind.COMBINATION for b in now_parts),
        "bolus_delivered_rows": sum(len(b.delivered_parts) for b in boluses),
        "bolus_units_delivered": units,
        "bolus_units_programmed": sum(b.programmed_u for b in boluses),
        "interrupted_boluses": interrupted,
        "interrupted": interrupted,
        "wizard_rows": len(estimates),
        "carb_entries": sum(1 for e in estimates if e.carbs_g),
        "carbs_g": carbs,
        "carbs_g_all": carbs,
        "carbs_g_delivered": sum(e.carbs_g or 0 for e in estimates if e.was_delivered),
        "bg_distinct_time_value": len(meters),
        "bg_distinct_time": len({m.at_local for m in meters}),
        "bg_fingersticks": len(meters),
        "mean_bg": sum(m.glucose.mgdl for m in meters) / len(meters) if meters else None,
        "bg_received_rows": sum("meter" in m.witnesses for m in meters),
        "bg_pump_rows": sum("pump" in m.witnesses for m in meters),
        "daily_totals_rows": len(whole),
        "daily_totals_units": sum(t.amount_u for t in whole),
        "auto_insulin_days": len(automatic),
        "auto_insulin_units": sum(t.amount_u for t in automatic),
        "prime_rows": len(history.of(Prime)),
        "primes": len(history.of(Prime)),
        "rewind_rows": len(history.of(Rewind)),
        "rewinds": len(history.of(Rewind)),
        "suspend_rows": len(history.of(Suspend)) + len(history.of(Resume)),
        "clock_changes": len(history.of(TimeChange)),
        "event_markers": {kind: n for kind, n in markers.items() if n},
        "event_marker_insulin_units": sum(i.dose_u for i in injections),
        "event_marker_carbs_g": sum(m.carbs_g for m in meals),
        "first_event": str(min(first for first, _ in spans)),
        "last_event": str(max(last for _, last in spans)),
    }


def assert_same(found: dict[str, object], entry: dict[str, object]) -> None:
    wanted = {name: value for name, value in entry.items() if name not in _NOT_A_NUMBER}
    assert set(wanted) <= set(found)
    for name, value in wanted.items():
        got = found[name]
        if isinstance(value, float):
            assert got == pytest.approx(value, abs=5.1e-4), name
        else:
            assert got == value, name


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(SINGLE))
def test_every_number_of_a_file_comes_out(name: str, data_folder: Path) -> None:
    reading = read((data_folder / "exports" / name).read_bytes())
    history, duplicates = combine([reading])
    assert duplicates == 0
    assert reading.format_key == SINGLE[name]["format"]
    assert_same(facts(history, [reading]), SINGLE[name])


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(SINGLE))
def test_every_row_ends_in_one_bucket(name: str, data_folder: Path) -> None:
    reading = read((data_folder / "exports" / name).read_bytes())
    counts = reading.counts
    parts = (counts.imported, counts.duplicate, counts.ignored, counts.rejected)
    assert min(parts) >= 0
    assert sum(parts) == counts.read == SINGLE[name]["rows"]
    assert counts.rejected == 0
    told = Counter[str]()
    for issue in reading.issues:
        told[issue.kind] += issue.rows
    assert told["ignored"] == counts.ignored


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(UNIONS))
def test_overlapping_files_give_the_union_in_any_order(name: str, data_folder: Path) -> None:
    files = [part.strip() for part in UNIONS[name]["format"].split(" of ")[1].split(",")]
    readings = {f: read((data_folder / "exports" / f).read_bytes()) for f in files}
    first: History | None = None
    for arrangement in permutations(files):
        parts = [readings[f] for f in (*arrangement, arrangement[0])]
        history, duplicates = combine(parts)
        assert duplicates > 0
        assert_same(facts(history, parts), UNIONS[name])
        if first is not None:
            assert history.records == first.records
            assert history.devices == first.devices
        first = history


@pytest.mark.shared_data
def test_a_file_written_with_commas_and_dots_gives_the_same(data_folder: Path) -> None:
    """The data folder has one export in two spellings: same records from both."""
    spelled = list((data_folder / "exports" / "synthetic_locales").glob("carelink_multi_*.csv"))
    assert spelled
    by_size = {SINGLE[name]["rows"]: name for name in SINGLE}
    for path in spelled:
        other = read(path.read_bytes())
        twin = read((data_folder / "exports" / by_size[other.counts.read]).read_bytes())
        assert other.records == twin.records
        assert other.counts == twin.counts
        assert (other.sensor.mgdl == twin.sensor.mgdl).all()
