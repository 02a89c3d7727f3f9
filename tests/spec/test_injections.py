"""Worked example: a week with pens, on paper.

Long-acting 20 U at 22:00, 22:30, 21:30, 22:00, (nothing), 00:30 after midnight of day 5, 22:00.
Rapid-acting 6, 8 and 10 U on days 0, 1 and 4, and lunch logged on day 5. The distances from the usual 22:00 are 0, 30, 30,
0, 150 and 0 min: half of the doses are within 15 min, five of six within an hour.
"""

from datetime import timedelta

import pytest

from glykos.metrics import Value, compute
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind
from glykos.therapy.history import History
from glykos.therapy.records import Record
from glykos.therapy.sensor import SensorSeries

START = local_time(2026, 3, 2)
LONG_HOURS = (22.0, 46.5, 69.5, 94.0, 144.5, 166.0)
RAPID = ((8.0, 6.0), (32.0, 8.0), (104.0, 10.0))


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    doses = [(hour, 20.0, InsulinKind.LONG) for hour in LONG_HOURS]
    doses += [(hour, units, InsulinKind.RAPID) for hour, units in RAPID]
    lunch = CarbEntry(at_local=START + timedelta(days=5, hours=12), device_id="logbook", carbs_g=50)
    records: list[Record] = [lunch]
    records += [
        Injection(
            at_local=START + timedelta(hours=hour), device_id="logbook", dose_u=units, insulin=kind
        )
        for hour, units, kind in doses
    ]
    history = History.build(sensor=SensorSeries.empty(), records=records)
    return dict(compute(history, Window(START.date(), START.date() + timedelta(days=6))))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("injected", Value(27, "U/day", 2)),  # days 0 and 1 have both insulins: 26 and 28
        ("injected_rapid", Value(8, "U/day", 3)),
        ("injected_long_percent", Value(pytest.approx(100 * 40 / 54), "%", 2)),
        ("injections", Value(1.5, "injections/day", 6)),  # 9 doses on the 6 days with any
        ("injection_days", Value(6, "d", 7)),
        ("long_time", Value(22 * 60, "min", 6)),
        ("long_time_spread", Value(15, "min", 6)),
        ("long_on_time", Value(pytest.approx(500 / 6), "%", 6)),
        ("long_days_without", Value(1, "d", 7)),  # day 4; the dose after midnight is that of day 5
    ],
)
def test_a_week_with_pens(found: dict[str, object], key: str, value: Value) -> None:
    assert found[key] == value
