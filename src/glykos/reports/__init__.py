"""The report set: ``build(history, window, options) -> Document``. ``REPORTS`` is the whole list."""

from glykos.reports import daily_summary, meal_overlay, quick_view, sensor_overlay
from glykos.reports._report import Options, Report

REPORTS: tuple[Report, ...] = (
    quick_view.REPORT,
    sensor_overlay.REPORT,
    meal_overlay.REPORT,
    daily_summary.REPORT,
)

__all__ = ["REPORTS", "Options", "Report"]
