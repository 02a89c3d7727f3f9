"""The Quick View: compared with the period before, unknown days hatched."""

from glykos.reports import Options
from glykos.reports._blocks import Note, Stats
from tests.reports.days import the_day
from tests.reports.documents import WEEK, figure, fortnight, report_of, stats


def test_quick_view_compares_with_the_period_before() -> None:
    document = report_of("quick-view").build(fortnight(), WEEK, Options())
    sensor_list = next(b for b in document.blocks if isinstance(b, Stats) and b.key == "sensor")
    assert sensor_list.previous_label == "18 Feb 2026 to 24 Feb 2026"
    mean = next(item for item in sensor_list.items if item.metric == "mean")
    assert (mean.text, mean.previous, mean.difference) == ("122", "122", "0")


def test_quick_view_says_when_there_is_nothing_to_compare() -> None:
    document = report_of("quick-view").build(the_day(), WEEK, Options())
    notes = [b.text for b in document.blocks if isinstance(b, Note)]
    assert "There are no data for the 7 days before, so nothing is compared." in notes
    assert all(stat.previous == "" for stat in stats(document))


def test_quick_view_strip_hatches_days_without_data() -> None:
    document = report_of("quick-view").build(the_day(), WEEK, Options())
    chart = figure(document, "daily-strip").chart
    assert [day.has_glucose for day in chart.days] == [False] * 6 + [True]  # type: ignore[attr-defined]
    assert [day.carbs_g for day in chart.days] == [None] * 6 + [70]  # type: ignore[attr-defined]
