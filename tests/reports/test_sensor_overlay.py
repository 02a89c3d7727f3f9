"""The Sensor Daily Overlay: which days, and its table by hand (see days.py)."""

from datetime import timedelta

from glykos.reports import Options
from glykos.reports._blocks import Table
from glykos.therapy.clock import Window
from tests.reports.days import DAY, the_day
from tests.reports.documents import WEEK, figure, fortnight, report_of


def test_overlay_draws_the_last_seven_days_with_readings() -> None:
    document = report_of("sensor-overlay").build(fortnight(), Window.ending(DAY, 20), Options())
    data = figure(document, "sensor-overlay").chart.data()
    drawn = [day["day"] for day in data["days"]]  # type: ignore[index, attr-defined]
    assert drawn == [(DAY - timedelta(days=n)).isoformat() for n in range(6, -1, -1)]
    assert len(data["available"]) == 14  # type: ignore[arg-type]


def test_overlay_draws_chosen_days() -> None:
    chosen = (DAY - timedelta(days=10), DAY - timedelta(days=1))
    document = report_of("sensor-overlay").build(
        fortnight(), Window.ending(DAY, 14), Options(days=chosen)
    )
    data = figure(document, "sensor-overlay").chart.data()
    assert [day["day"] for day in data["days"]] == [day.isoformat() for day in chosen]  # type: ignore[index, attr-defined]
    readings = next(b for b in document.blocks if isinstance(b, Table) and b.key == "readings")
    assert [column.label for column in readings.columns] == [
        "Measure",
        "Sat 21 Feb",
        "Mon 2 Mar",
        "Average/Total",
    ]


def test_overlay_table_by_hand() -> None:
    document = report_of("sensor-overlay").build(the_day(), WEEK, Options())
    tables = {b.key: b for b in document.blocks if isinstance(b, Table)}
    shown = {
        row[0].text: (row[1].text, row[2].text) for table in tables.values() for row in table.rows
    }
    # The numbers of days.py; 11.5 h... 276 readings of 5 min are 23 h.
    assert shown["Sensor readings"] == ("276", "276")
    assert shown["Highest (mg/dL)"] == ("200", "200")
    assert shown["Lowest (mg/dL)"] == ("60", "60")
    assert shown["Average (mg/dL)"] == ("122", "122")
    assert shown["Excursions"] == ("2", "2")
    assert shown["High, above 180"] == ("1", "1")
    assert shown["Low, below 70"] == ("1", "1")
    assert shown["AUC above 180 (mg/dL)"] == ("0.9", "0.9")
    assert shown["Above 180 (h:mm)"] == ("1:00", "1:00")
    assert shown["Below 70 (h:mm)"] == ("0:30", "0:30")
    assert shown["Within 70 to 180 (h:mm)"] == ("21:30", "21:30")
    # Meter 100, 250 and 60 beside sensor 120 at each time: (20 + 52 + 100) / 3 = 57.3 %.
    assert shown["MARD (%)"] == ("57.3", "57.3")


def test_overlay_line_breaks_where_readings_are_missing() -> None:
    document = report_of("sensor-overlay").build(the_day(), WEEK, Options())
    (day,) = figure(document, "sensor-overlay").chart.data()["days"]  # type: ignore[misc]
    gaps = [b - a for a, b in zip(day["minutes"], day["minutes"][1:], strict=False) if b - a > 15]
    assert gaps == [65]
