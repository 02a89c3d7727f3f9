"""Numbers to pictures: own SVG, one scene, two skins (web classes, print colours).

``CHARTS`` is the whole list. Every chart is a frozen value that draws itself with ``svg(skin=,
size=, uid=)`` and gives the numbers under the pointer with ``data()``; the shape of ``data()``
is written in each class. Charts compute no statistics.
"""

from glykos.charts.band_bar import BandBar
from glykos.charts.daily_strip import DailyStrip
from glykos.charts.day import DayChart
from glykos.charts.meal_overlay import MealOverlay
from glykos.charts.modal_day import ModalDay
from glykos.charts.sensor_overlay import SensorOverlay

CHARTS = (ModalDay, DailyStrip, BandBar, SensorOverlay, MealOverlay, DayChart)

__all__ = [
    "CHARTS",
    "BandBar",
    "DailyStrip",
    "DayChart",
    "MealOverlay",
    "ModalDay",
    "SensorOverlay",
]
