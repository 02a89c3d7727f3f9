"""What every report promises: whatever is known or missing, honest words and no crash."""

import json
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from glykos.errors import NotEnoughForReport
from glykos.metrics import METRICS
from glykos.reports import REPORTS, Options, Report
from glykos.reports._blocks import Document, Figure, Note, Table
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.records import Record
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import TARGET_PRESETS, custom_target
from glykos.therapy.units import GlucoseScale, GlucoseUnit
from tests.reports.days import empty, meter_only, the_day
from tests.reports.documents import (
    SKINS,
    WEEK,
    stats,
    texts,
)
from tests.strategies import any_record

EACH = pytest.mark.parametrize("report", REPORTS, ids=[report.key for report in REPORTS])


def kinds(document: Document) -> set[str]:
    return {block.kind for block in document.blocks if isinstance(block, Note)}


def test_the_report_set() -> None:
    assert [(report.key, report.default_days, report.chooses) for report in REPORTS] == [
        ("quick-view", 14, "period"),
        ("sensor-overlay", 14, "days"),
        ("meal-overlay", 14, "period"),
        ("daily", 1, "day"),
    ]


@EACH
def test_nothing_at_all_is_an_error(report: Report) -> None:
    with pytest.raises(NotEnoughForReport) as caught:
        report.build(empty(), WEEK, Options())
    assert caught.value.hint


@EACH
def test_meter_only_data_show_their_form_and_say_why(report: Report) -> None:
    document = report.build(meter_only(), WEEK, Options())
    assert "missing" in kinds(document)
    assert any(isinstance(block, Figure) for block in document.blocks)
    assert not any("Sensor" in text and text.endswith(" 0") for text in texts(document))


@EACH
def test_header_facts(report: Report) -> None:
    document = report.build(the_day(), WEEK, Options())
    assert (document.key, document.title) == (report.key, report.title)
    assert document.devices == ("MiniMed 640G, serial NG1234567H", "Enlite", "Logbook")
    assert document.settings[0] == "Target 70 to 180 mg/dL"
    assert document.settings[1] == (
        "Meals: breakfast 06:00 to 10:00, lunch 11:00 to 15:00, dinner 16:00 to 22:00"
    )
    assert document.time_basis == "Days and times are those of each device's own clock."
    assert len(document.data_hash) == 16


@EACH
def test_other_data_have_another_hash(report: Report) -> None:
    one = report.build(the_day(), WEEK, Options())
    other = report.build(meter_only(), WEEK, Options())
    assert one.data_hash != other.data_hash


@EACH
def test_mmol_is_used_everywhere(report: Report) -> None:
    document = report.build(the_day(), WEEK, Options(unit=GlucoseUnit.MMOLL))
    shown = texts(document)
    assert not any("mg/dL" in text for text in shown)
    assert "Target 3.9 to 10.0 mmol/L" in shown
    for block in document.blocks:
        if isinstance(block, Figure) and block.chart.data():
            assert block.chart.data()["unit"] == "mmol/L"


@EACH
def test_values_are_in_the_unit_that_is_printed(report: Report) -> None:
    document = report.build(the_day(), WEEK, Options(unit=GlucoseUnit.MMOLL))
    for stat in stats(document):
        if stat.unit == "mmol/L" and stat.value is not None:
            assert float(stat.text.replace("\u2212", "-")) == pytest.approx(stat.value, abs=0.051)
    for block in document.blocks:
        tables = [block] if isinstance(block, Table) else []
        tables += [block.table] if isinstance(block, Figure) and block.table else []
        for table in tables:
            for row in table.rows:
                for column, cell in zip(table.columns, row, strict=True):
                    if column.unit == "mmol/L" and isinstance(cell.value, float):
                        assert float(cell.text) == pytest.approx(cell.value, abs=0.051)


@EACH
def test_twelve_hour_clock_is_used_everywhere(report: Report) -> None:
    document = report.build(the_day(), WEEK, Options(clock_24h=False))
    shown = " | ".join(texts(document))
    assert "6:00 am to 10:00 am" in shown
    assert not any(text in ("15:00", "18:00", "21:00") for text in texts(document))


@EACH
def test_each_number_names_the_metric_that_explains_it(report: Report) -> None:
    known = {metric.key for metric in METRICS}
    document = report.build(the_day(), WEEK, Options())
    named = {stat.metric for stat in stats(document) if stat.metric}
    # Numbers around meals belong to no single metric; their definition stands below the table.
    assert bool(named) is (report.key != "meal-overlay")
    assert named <= known


@EACH
def test_the_same_history_gives_the_same_document(report: Report) -> None:
    one = report.build(the_day(), WEEK, Options())
    other = report.build(the_day(), WEEK, Options())
    assert one == other
    for first, second in zip(one.blocks, other.blocks, strict=True):
        if isinstance(first, Figure) and isinstance(second, Figure):
            for size in ("wide", "compact"):
                assert first.chart.svg(skin="web", size=size, uid="a") == second.chart.svg(  # type: ignore[arg-type]
                    skin="web",
                    size=size,  # type: ignore[arg-type]
                    uid="a",
                )


@EACH
@pytest.mark.parametrize("preset", TARGET_PRESETS, ids=[preset.key for preset in TARGET_PRESETS])
def test_every_target_preset_works(report: Report, preset: object) -> None:
    report.build(the_day(), WEEK, Options(targets=preset))  # type: ignore[arg-type]


@EACH
@pytest.mark.parametrize("limits", [(50, 100), (54, 250), (100, 300), (60, 70)])
def test_own_targets_work(report: Report, limits: tuple[int, int]) -> None:
    options = Options(targets=custom_target(*limits), unit=GlucoseUnit.MMOLL)
    honest(report.build(the_day(), WEEK, options))


def honest(document: Document, told: AbstractSet[str] = frozenset()) -> None:
    """No slip of the program is printed; ``told`` are words that the records themselves contain."""
    for text in texts(document, SKINS[1:2]):
        words = set(text.replace("/", " ").split()) - told
        assert "nan" not in words, text
        assert "None" not in words, text
        assert "inf" not in words, text
        assert "-0" not in words, text
    for block in document.blocks:
        if isinstance(block, Figure):
            json.dumps(block.chart.data(), allow_nan=False)


def words_in_texts(records: list[Record]) -> set[str]:
    """Every word of every free text of the records, settings inside settings included."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.update(value.replace("/", " ").split(), [value[:1].upper() + value[1:]])
        elif is_dataclass(value):
            for field in fields(value):
                walk(getattr(value, field.name))
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    for record in records:
        walk(record)
    return found


readings = st.lists(
    st.tuples(st.integers(0, 3 * 1440), st.integers(1, 600)), max_size=60, unique_by=lambda r: r[0]
)


# Shrinking a history through every report takes minutes; the failing one is printed as it is.
@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    records=st.lists(any_record(), max_size=12),
    sensor_readings=readings,
    unit=st.sampled_from(GlucoseUnit),
    clock_24h=st.booleans(),
)
def test_any_small_history_makes_every_report(
    records: list[Record],
    sensor_readings: list[tuple[int, int]],
    unit: GlucoseUnit,
    clock_24h: bool,
) -> None:
    start = wall_seconds(local_time(2026, 10, 24))
    series = SensorSeries.build(
        [start + minute * 60 for minute, _ in sensor_readings],
        [count for _, count in sensor_readings],
        scale=GlucoseScale.MGDL,
        device_id="cgm",
    )
    history = History.build(sensor=series, records=records)
    options = Options(unit=unit, clock_24h=clock_24h)
    for report in REPORTS:
        try:
            document = report.build(
                history, Window(date(2026, 10, 24), date(2026, 10, 26)), options
            )
        except NotEnoughForReport:
            continue
        honest(document, words_in_texts(records))


def test_no_colour_word_blames_anybody() -> None:
    for report in REPORTS:
        shown = " ".join(texts(report.build(the_day(), WEEK, Options()))).lower()
        for word in ("bad", "poor", "failed", "non-compliant", "adherence", "should"):
            assert f" {word} " not in shown
