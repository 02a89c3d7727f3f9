"""Identity and preference decide what is the same thing; order of import must not matter."""

from itertools import permutations

from glykos.therapy.clock import local_time
from glykos.therapy.diary import Note
from glykos.therapy.identity import merge, ordered
from glykos.therapy.records import DailyTotal, MeterGlucose, Record, TotalScope
from glykos.therapy.units import Glucose


def meter(minute: int, mgdl: int) -> MeterGlucose:
    return MeterGlucose(
        at_local=local_time(2026, 3, 1, 8, minute),
        device_id="pump:1",
        glucose=Glucose.mgdl_value(mgdl),
    )


def test_same_finger_stick_twice_is_one_record() -> None:
    merged, duplicates = merge([meter(0, 120), meter(0, 120), meter(1, 120)])
    assert len(merged) == 2
    assert duplicates == 1


def test_two_values_in_one_minute_both_survive() -> None:
    assert len(merge([meter(0, 120), meter(0, 121)])[0]) == 2


def test_the_larger_daily_total_wins_in_any_order() -> None:
    day = local_time(2026, 3, 1)
    totals: list[Record] = [
        DailyTotal(at_local=day, device_id="pump:1", scope=TotalScope.AUTO, amount_u=amount)
        for amount in (5.675, 10.489, 7.0)
    ]
    for arrangement in permutations(totals):
        merged, _ = merge(list(arrangement))
        assert [record.amount_u for record in merged if isinstance(record, DailyTotal)] == [10.489]


def test_records_of_one_second_have_one_order() -> None:
    notes = [Note(at_local=local_time(2026, 3, 1), device_id="p", text=text) for text in "abc"]
    for told in permutations(notes):
        assert ordered(told) == notes
