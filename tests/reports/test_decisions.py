"""Reports say what was left out, and which clock their days and times are on."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from glykos.charts.day import DayChart
from glykos.publish import as_csv, as_json
from glykos.reports import REPORTS
from glykos.reports._blocks import Document, Figure, Note
from glykos.reports._report import Options
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.corrections import clock_views, corrected, excluded, readmitted
from glykos.therapy.decisions import ClockCorrection, Exclusion, ExclusionReason
from glykos.therapy.history import History
from glykos.therapy.records import Device
from tests.builders import sensor_series

BERLIN = ZoneInfo("Europe/Berlin")
WINDOW = Window(date(2026, 3, 2), date(2026, 3, 2))
NIGHT = Exclusion(
    from_s=wall_seconds(local_time(2026, 3, 2, 3)),
    to_s=wall_seconds(local_time(2026, 3, 2, 4)),
    reason=ExclusionReason.COMPRESSION,
)
PHONE = ClockCorrection(
    device_id="cgm:1",
    from_s=wall_seconds(local_time(2026, 3, 1)),
    to_s=wall_seconds(local_time(2026, 3, 9)),
    ahead_s=3600,
)


def told() -> History:
    series = sensor_series([100.0] * 36 + [55.0] * 12 + [120.0] * 240, start=datetime(2026, 3, 2))
    device = Device(id="cgm:1", kind="cgm", model="Sensor One")
    return History.build(sensor=series, records=(), devices=(device,), zone=BERLIN)


def with_left_out() -> History:
    history = told()
    return replace(history, sensor=excluded(history.sensor, [NIGHT]), _primary=[])


def documents(history: History) -> list[Document]:
    return [report.build(history, WINDOW, Options()) for report in REPORTS]


def notes(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Note)]


def test_every_report_says_how_many_readings_were_left_out() -> None:
    words = "12 sensor readings were left out of the statistics at your wish."
    for document in documents(with_left_out()):
        assert notes(document)[0] == words
        assert words in as_json.json(document).decode()
        assert words in as_csv.csv(document).decode()


def test_every_report_says_when_they_are_counted_after_all() -> None:
    words = "12 sensor readings that you left out are counted here."
    for document in documents(readmitted(with_left_out())):
        assert notes(document)[0] == words


def test_nothing_left_out_says_nothing() -> None:
    for document in documents(told()):
        assert not any("left out" in note for note in notes(document))


def test_without_decisions_reports_are_the_same_bytes() -> None:
    for plain, viewed in zip(
        documents(told()),
        documents(corrected(told(), clock_views([], BERLIN))),
        strict=True,
    ):
        assert as_json.json(plain) == as_json.json(viewed)


def test_the_header_says_that_a_clock_was_corrected() -> None:
    history = corrected(told(), clock_views([PHONE], BERLIN))
    for document in documents(history):
        assert document.time_basis == (
            "Days and times are those of Europe/Berlin."
            " The clock of Sensor One was corrected as you said."
        )


@pytest.mark.parametrize("days", [-30, 30])
def test_a_correction_of_other_days_is_not_mentioned(days: int) -> None:
    shift = int(timedelta(days=days).total_seconds())
    far = replace(PHONE, from_s=PHONE.from_s + shift, to_s=PHONE.to_s + shift)
    history = corrected(told(), clock_views([far], BERLIN))
    for document in documents(history):
        assert document.time_basis == "Days and times are those of the device's own clock."


def test_the_day_shows_left_out_readings_hollow_and_apart_from_the_line() -> None:
    (daily,) = [document for document in documents(with_left_out()) if document.key == "daily"]
    (figure,) = [b for b in daily.blocks if isinstance(b, Figure) and b.key == "day"]
    assert isinstance(figure.chart, DayChart)
    assert set(figure.chart.left_out.mgdl) == {55.0}
    assert len(figure.chart.left_out.minutes) == 12
    assert 55.0 not in figure.chart.sensor.mgdl
