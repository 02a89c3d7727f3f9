"""What several sources tell of one thing: shown once, with its witnesses, and taken apart again."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.basal import daily_basal
from glykos.therapy.clock import Window, local_time
from glykos.therapy.decisions import Apart
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from glykos.therapy.identity import identity, ordered
from glykos.therapy.links import Link, Why, linked, name_of
from glykos.therapy.records import (
    LOGBOOK,
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    DailyTotal,
    MeterGlucose,
    MeterOrigin,
    Record,
    Resume,
    StopReason,
    Suspend,
    TotalScope,
)
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose
from tests.strategies import any_record

NOON = local_time(2026, 5, 4, 12)


def after(minutes: float) -> dict[str, object]:
    return {"at_local": NOON + timedelta(minutes=minutes)}


def stick(minutes: float, mgdl: float, device: str, **more: object) -> MeterGlucose:
    glucose = more.pop("glucose", None) or Glucose.mgdl_value(mgdl)
    return MeterGlucose(**after(minutes), device_id=device, glucose=glucose, **more)  # type: ignore[arg-type]


def bolus(minutes: float, units: float, device: str, **more: object) -> Bolus:
    return Bolus(
        **after(minutes),  # type: ignore[arg-type]
        device_id=device,
        bolus_kind=BolusKind.NORMAL,
        delivered_now_u=units,
        **more,  # type: ignore[arg-type]
    )


def estimate(minutes: float, device: str, **more: object) -> BolusEstimate:
    return BolusEstimate(**after(minutes), device_id=device, **more)  # type: ignore[arg-type]


def carbs(minutes: float, grams: float, device: str, **more: object) -> CarbEntry:
    return CarbEntry(**after(minutes), device_id=device, carbs_g=grams, **more)  # type: ignore[arg-type]


def built(*records: Record, apart: tuple[Apart, ...] = ()) -> History:
    return History.build(sensor=SensorSeries.empty(), records=records, apart=apart)


# --- finger-sticks ---------------------------------------------------------------------------


def test_a_finger_stick_told_by_meter_pump_and_calculator_is_one_with_three_witnesses() -> None:
    own = stick(0, 140, "meter:9", origin=MeterOrigin.METER_UPLOAD)
    heard = stick(1, 140, "pump:1", origin=MeterOrigin.LINKED_METER, meter_id="9")
    used = estimate(2, "pump:1", glucose_input=Glucose.mgdl_value(140))
    for order in permutations([own, heard, used]):
        history = built(*order)
        (shown,) = history.of(MeterGlucose)
        assert shown.witnesses == ("calculator", "meter", "pump")
        assert identity(shown) == identity(own)
        assert shown.meter_id == "9"
        (link,) = history.links
        assert (link.why, link.members, link.hidden) == (Why.READING, (own, heard, used), (heard,))
        assert history.of(BolusEstimate) == (used,)


@pytest.mark.parametrize(
    ("minutes", "value", "sticks"),
    [(5, 140, 1), (5.1, 140, 2), (0, 141, 2)],
    ids=["at five minutes", "later", "another value"],
)
def test_only_the_same_value_within_five_minutes_is_the_same(
    minutes: float, value: float, sticks: int
) -> None:
    assert len(built(stick(0, 140, "a"), stick(minutes, value, "b")).of(MeterGlucose)) == sticks


def test_a_value_rounded_to_another_unit_is_the_same_value() -> None:
    """7.8 mmol/L is 140.5 mg/dL, which another program prints as 140 or 141; 143 is 7.9."""
    mmol = stick(0, 0, "a", glucose=Glucose.mmoll_value(7.8))
    assert [
        len(built(mmol, stick(1, mgdl, "b")).of(MeterGlucose)) for mgdl in (138, 140, 141, 143)
    ] == [2, 1, 1, 2]


def test_a_named_meter_may_be_a_quarter_of_an_hour_off() -> None:
    own = stick(0, 140, "meter:A12", origin=MeterOrigin.METER_UPLOAD)
    assert len(built(own, stick(14, 140, "pump:1", meter_id="a12")).of(MeterGlucose)) == 1
    assert len(built(own, stick(14, 140, "pump:1", meter_id="b99")).of(MeterGlucose)) == 2
    assert len(built(own, stick(16, 140, "pump:1", meter_id="a12")).of(MeterGlucose)) == 2


def test_two_equal_finger_sticks_of_each_of_two_devices_are_two() -> None:
    told = [stick(m, 100, d) for m, d in ((0, "a"), (1, "a"), (0.5, "b"), (1.5, "b"))]
    history = built(*told)
    assert len(history.of(MeterGlucose)) == 2
    assert sorted(len(link.members) for link in history.links) == [2, 2]


def test_one_device_never_loses_a_finger_stick() -> None:
    told = [stick(0, 100, "a", source_id="1"), stick(0, 100, "a", source_id="2")]
    assert len(built(*told).of(MeterGlucose)) == 2


# --- carbs -----------------------------------------------------------------------------------


def test_carbs_in_the_calculator_an_app_and_the_logbook_are_one_meal() -> None:
    told = estimate(0, "pump:1", carbs_g=60.0, source_id="e1")
    history = built(carbs(10, 60, "app:x"), told, carbs(-4, 60, LOGBOOK))
    assert history.of(CarbEntry) == ()
    assert history.of(BolusEstimate) == (told,)
    assert [len(link.members) for link in history.links] == [3]


def test_carbs_of_other_grams_or_another_time_are_other_carbs() -> None:
    told = estimate(0, "pump:1", carbs_g=60.0)
    for other in (carbs(16, 60, LOGBOOK), carbs(1, 59, LOGBOOK)):
        assert built(told, other).of(CarbEntry) == (other,)
    twice = (carbs(0, 60, LOGBOOK), carbs(1, 60, LOGBOOK))
    assert built(*twice).of(CarbEntry) == twice


def test_a_pumps_own_marker_is_its_calculation_until_somebody_says_otherwise() -> None:
    told, marker = estimate(0, "pump:1", carbs_g=60.0), carbs(14, 60, "pump:1")
    (link,) = built(told, marker).links
    assert (link.shown, link.hidden) == (told, (marker,))
    second_helping = Apart(first=name_of(told), second=name_of(marker))
    assert built(told, marker, apart=(second_helping,)).of(CarbEntry) == (marker,)
    snacks = [carbs(0, 15, LOGBOOK, source_id="1"), carbs(0, 15, LOGBOOK, source_id="2")]
    assert len(built(*snacks).of(CarbEntry)) == 2


def test_what_says_most_stands_for_the_meal() -> None:
    bare, rich = carbs(0, 20, "app:x"), carbs(3, 20, LOGBOOK, label="apple", fat_g=0.2)
    assert built(bare, rich).of(CarbEntry) == (rich,)


# --- boluses ---------------------------------------------------------------------------------

_DOSES = (4.0, 2.5, 7.25, 0.8, 3.0, 5.5, 6.1)


def week(device: str, *, late_min: float = 0, doses: tuple[float, ...] = _DOSES) -> list[Record]:
    """A bolus with its calculation every four hours."""
    told: list[Record] = []
    for n, units in enumerate(doses):
        told.append(estimate(240 * n, device, source_id=f"e{n}", correction_u=units))
        told.append(bolus(240 * n + late_min, units, device, estimate_id=f"e{n}"))
    return told


def test_a_pump_seen_through_two_services_delivers_once() -> None:
    told = [*week("medtronic:1"), *week("glooko:medtronic", late_min=1)]
    history = built(*told)
    assert sorted(one.delivered_u for one in history.of(Bolus)) == sorted(_DOSES)
    assert len(history.of(BolusEstimate)) == len(_DOSES)
    # What is shown belongs together: each bolus finds its calculation.
    calculations = {(one.device_id, one.source_id) for one in history.of(BolusEstimate)}
    assert {(one.device_id, one.estimate_id) for one in history.of(Bolus)} == calculations
    assert Counter(link.why for link in history.links) == {Why.BOLUS: 7, Why.CALCULATION: 7}


def test_three_services_of_one_pump_are_one_pump() -> None:
    told = [*week("a"), *week("b", late_min=1), *week("c", late_min=2)]
    assert len(built(*told).of(Bolus)) == len(_DOSES)


def test_two_real_boluses_in_one_minute_survive() -> None:
    """Of one device always; of two devices that are not one pump as well (oref0#443)."""
    assert (
        len(built(bolus(0, 2, "a", source_id="1"), bolus(0, 2, "a", source_id="2")).of(Bolus)) == 2
    )
    assert len(built(bolus(0, 2, "a"), bolus(0, 2, "b")).of(Bolus)) == 2
    seen_twice = [*week("a"), *week("b"), bolus(0.2, 4.0, "a"), bolus(0.3, 1.7, "b")]
    assert len(built(*seen_twice).of(Bolus)) == len(_DOSES) + 2


def test_pumps_whose_boluses_mostly_differ_are_two_pumps() -> None:
    """Three of seven equal by chance, and four alike where there are only four."""
    other = (4.0, 2.5, 7.25, 1.9, 4.1, 6.6, 7.2)
    assert len(built(*week("a"), *week("b", doses=other)).of(Bolus)) == 2 * len(_DOSES)
    few = [*week("a", doses=_DOSES[:4]), *week("b", doses=_DOSES[:4])]
    assert len(built(*few).of(Bolus)) == 8


def test_the_programme_of_a_pump_seen_twice_runs_once() -> None:
    """1 U/h with an hour's stop is 23 U a day, though one service does not tell of the stop."""
    day = NOON.replace(hour=0)

    def programme(device: str, *, stops: bool) -> list[Record]:
        told: list[Record] = [
            BasalRate(at_local=day + timedelta(hours=h), device_id=device, rate_u_per_h=1.0)
            for h in range(0, 49, 4)
        ]
        if stops:
            at = day + timedelta(hours=13)
            told.append(Suspend(at_local=at, device_id=device, reason=StopReason.USER))
            told.append(Resume(at_local=at + timedelta(hours=1), device_id=device))
        total = {"scope": TotalScope.BASAL, "amount_u": 23.0}
        return [*told, DailyTotal(at_local=day, device_id=device, **total)]  # type: ignore[arg-type]

    told = [*programme("z", stops=True), *programme("b", stops=False)]
    history = built(*told, *week("z"), *week("b"))
    assert [one.known_u for one in daily_basal(history, Window(day.date(), day.date()))] == [23.0]
    assert len(history.of(DailyTotal)) == 1
    assert {one.device_id for one in history.of(BasalRate)} == {"z"}


def test_one_pump_told_by_two_kinds_of_files_under_one_number_delivers_once() -> None:
    """Each kind of file gives its own ids, so nothing is the same by identity."""

    def by(kind: str, seconds: int) -> list[Record]:
        return [
            replace(
                one,
                at_local=one.at_local + timedelta(seconds=seconds),
                source_id=f"{kind} {n}",
                **({"estimate_id": f"{kind} {n - 1}"} if isinstance(one, Bolus) else {}),
            )
            for n, one in enumerate(week("medtronic:1"))
        ]

    own, other = by("own", 0), by("connect", 20)
    kinds = {identity(one): frozenset({"own"}) for one in own}
    kinds |= {identity(one): frozenset({"connect"}) for one in other}
    shown, _ = linked(_by_type(own + other), (), kinds)
    assert len(shown[Bolus]) == len(shown[BolusEstimate]) == len(_DOSES)
    # Without knowing who told it, or where one file told both, they stay what they are.
    assert len(linked(_by_type(own + other))[0][Bolus]) == 2 * len(_DOSES)
    both = dict.fromkeys(kinds, frozenset({"own", "connect"}))
    assert len(linked(_by_type(own + other), (), both)[0][Bolus]) == 2 * len(_DOSES)


def _by_type(records: list[Record]) -> dict[type[Record], list[Record]]:
    found: dict[type[Record], list[Record]] = {}
    for one in ordered(records):
        found.setdefault(type(one), []).append(one)
    return found


# --- apart, and what holds for everything ----------------------------------------------------


def test_what_a_person_told_apart_stays_apart() -> None:
    first, second = stick(0, 140, "a"), stick(1, 140, "b")
    for names in permutations([name_of(first), name_of(second)]):
        history = built(first, second, apart=(Apart(first=names[0], second=names[1]),))
        assert history.of(MeterGlucose) == (first, second)
        assert history.links == ()


def test_a_calculation_told_apart_from_its_twin_stays_apart() -> None:
    told = [*week("a"), *week("b")]
    one, two = (next(r for r in part if isinstance(r, Bolus)) for part in (week("a"), week("b")))
    history = built(*told, apart=(Apart(first=name_of(one), second=name_of(two)),))
    assert len(history.of(Bolus)) == len(_DOSES) + 1


def test_a_name_says_nothing_of_the_value_and_survives_another_version() -> None:
    row = carbs(0, 61.5, "app:x", source_id="row")
    assert name_of(row) == name_of(carbs(5, 10, "app:x", source_id="row"))
    assert "61" not in built(row).of(CarbEntry)[0].device_id
    assert len(name_of(row)) == 24


def _told(history: History) -> list[Record]:
    return sorted((one for group in history.records.values() for one in group), key=repr)


_people = st.lists(
    st.one_of(
        st.builds(
            stick, st.integers(0, 40), st.sampled_from([100, 101, 140]), st.sampled_from("abc")
        ),
        st.builds(carbs, st.integers(0, 60), st.sampled_from([20, 21]), st.sampled_from("abc")),
        st.builds(bolus, st.integers(0, 40), st.sampled_from([1.0, 1.02]), st.sampled_from("ab")),
        st.builds(
            lambda minutes, device, grams: estimate(
                minutes, device, carbs_g=grams, glucose_input=Glucose.mgdl_value(100)
            ),
            st.integers(0, 40),
            st.sampled_from("ab"),
            st.sampled_from([None, 20.0]),
        ),
    ),
    max_size=30,
)


@given(_people, st.randoms())
def test_every_record_is_shown_or_stood_for_once_in_any_order(
    told: list[Record], random: object
) -> None:
    history = built(*told)
    distinct = {identity(one) for one in told}
    shown = [identity(one) for one in _told(history)]
    hidden = [identity(one) for link in history.links for one in link.hidden]
    assert sorted(map(repr, shown + hidden)) == sorted(map(repr, distinct))
    for link in history.links:
        slots = Counter((one.device_id, isinstance(one, BolusEstimate)) for one in link.members)
        assert max(slots.values()) == 1
        assert len(link.members) > 1
    mixed = list(told)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    other = built(*mixed, *mixed)
    assert (_told(other), other.links) == (_told(history), history.links)


@given(st.lists(any_record(), max_size=12))
def test_any_records_can_be_linked(told: list[Record]) -> None:
    history = built(*told)
    assert all(isinstance(link, Link) for link in history.links)
    assert linked(history.records)[0].keys() == history.records.keys()


def test_twenty_thousand_equal_readings_are_no_trap() -> None:
    told = [stick(n / 60, 100, device) for n in range(10_000) for device in ("a", "b")]
    start = perf_counter()
    linked({MeterGlucose: told})
    assert perf_counter() - start < 10


def test_a_window_keeps_the_links_of_its_days() -> None:
    history = built(stick(0, 140, "a"), stick(1, 140, "b"), stick(3000, 90, "a"))
    day = NOON.date()
    assert history.within(Window(day, day)).links == history.links
    later = day + timedelta(days=2)
    assert history.within(Window(later, later)).links == ()
