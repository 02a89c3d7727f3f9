"""The five people of the demo: plausible lives, and files that say what their diaries say."""

from datetime import date

import numpy as np
import pytest

from glykos.demo.cast import CAST, JO, SAM, TONI
from glykos.demo.diarist import Diarist, Diary, PhoneClock
from glykos.demo.libreview_file import libreview_csv
from glykos.demo.living import live
from glykos.demo.mysugr_file import mysugr_csv
from glykos.formats import read
from glykos.formats._reader import Reading
from glykos.therapy.diary import CarbEntry, HbA1c, Injection, InsulinKind, Weight
from glykos.therapy.records import LOGBOOK, MeterGlucose

LAST = date(2026, 11, 21)  # the clock is put back inside these 90 days
DAYS = 90


@pytest.fixture(scope="module")
def lives() -> dict[str, Diary]:
    people: tuple[Diarist, ...] = (SAM, TONI, JO)
    return {
        who.first_name: live(who, last_day=LAST, days=DAYS, seed=seed)
        for who, seed in zip(people, (11, 12, 13), strict=True)
    }


@pytest.mark.parametrize(
    ("who", "mean", "in_range", "low"),
    [
        ("Sam", (115, 165), (65, 90), 5),
        ("Toni", (115, 175), (60, 90), 5),
        ("Jo", (135, 170), (70, 95), 0.5),
    ],
)
def test_glucose_is_plausible(
    lives: dict[str, Diary],
    who: str,
    mean: tuple[float, float],
    in_range: tuple[float, float],
    low: float,
) -> None:
    mgdl = np.array(lives[who].glucose_mgdl)
    assert mean[0] < mgdl.mean() < mean[1]
    assert in_range[0] < 100 * np.mean((mgdl >= 70) & (mgdl <= 180)) < in_range[1]
    assert 100 * np.mean(mgdl < 70) <= low
    assert mgdl.max() < 500


@pytest.mark.parametrize("who", ["Sam", "Toni"])
def test_doses_are_plausible_for_the_weight(lives: dict[str, Diary], who: str) -> None:
    weight = {"Sam": SAM, "Toni": TONI}[who].weight_kg
    daily = sum(dose.units for dose in lives[who].given) / DAYS
    assert 0.35 < daily / weight < 0.9
    assert lives[who].missed > 5  # forgotten doses are part of the story


def totals(reading: Reading) -> tuple[float, float, float, int]:
    """Long-acting and other units, grams, finger-sticks."""
    doses = [one for one in reading.records if isinstance(one, Injection)]
    long_u = sum(one.dose_u for one in doses if one.insulin is InsulinKind.LONG)
    grams = sum(one.carbs_g for one in reading.records if isinstance(one, CarbEntry))
    sticks = sum(1 for one in reading.records if isinstance(one, MeterGlucose))
    return long_u, sum(one.dose_u for one in doses) - long_u, grams, sticks


def told(diary: Diary) -> tuple[float, float, float, int]:
    long_u = sum(dose.units for dose in diary.given if dose.is_long)
    rapid_u = sum(dose.units for dose in diary.given if not dose.is_long)
    return long_u, rapid_u, sum(one.carbs_g for one in diary.eaten), len(diary.sticks)


def test_the_libre_file_says_what_the_diary_says(lives: dict[str, Diary]) -> None:
    diary = lives["Sam"]
    reading = read(libreview_csv(SAM, diary))
    assert reading.format_key == "libreview"
    assert reading.counts.rejected == 0
    assert totals(reading) == told(diary)
    assert len(reading.sensor) == len(diary.readings) + len(diary.scans)


def test_the_mysugr_file_says_what_the_diary_says(lives: dict[str, Diary]) -> None:
    diary = lives["Toni"]
    reading = read(mysugr_csv(diary))
    assert reading.format_key == "mysugr"
    assert reading.counts.rejected == 0
    long_u, rapid_u, grams, sticks = told(diary)
    found = totals(reading)
    assert found[0] == long_u
    # What falls into one minute stands in one row, and a row has one value of a kind.
    assert 0 <= rapid_u - found[1] <= 0.02 * rapid_u
    assert 0 <= grams - found[2] <= 0.02 * grams
    assert 0 <= sticks - found[3] <= 0.02 * sticks


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (live(SAM, last_day=LAST, days=3, seed=5) for _ in range(2))
    assert libreview_csv(SAM, first) == libreview_csv(SAM, second)


@pytest.mark.parametrize("member", CAST, ids=lambda member: str(member.key))
def test_everybody_brings_a_file(member: object) -> None:
    story = member.tell(LAST, 14)  # type: ignore[attr-defined]
    (_, data), *others = story.files
    assert data
    assert others == []
    assert all(entry.device_id == LOGBOOK for entry in story.entries)


def test_tablets_bring_laboratory_and_scales() -> None:
    story = next(one for one in CAST if one.key == "tablets").tell(LAST, DAYS)
    assert [one.percent for one in story.entries if isinstance(one, HbA1c)] == [7.8, 7.1]
    weights = [one.kilograms for one in story.entries if isinstance(one, Weight)]
    assert weights[-1] < weights[0]


def test_a_phone_follows_summer_time_by_itself() -> None:
    clock = PhoneClock.of("Europe/Berlin", date(2026, 10, 26), 2)
    before = clock.elapsed_s(2 * 3600)
    assert [clock.local(before + n * 3600).hour for n in range(3)] == [2, 2, 3]
    assert clock.elapsed_s(86_400) == 25 * 3600
