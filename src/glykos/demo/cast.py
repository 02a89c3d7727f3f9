"""The five people of the demo, each living with diabetes in another way.

Each brings what such a person would bring: exported files, and entries typed into the logbook.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from glykos.demo.carelink_file import carelink_csv
from glykos.demo.diarist import Diarist, Medicine, Pens
from glykos.demo.libreview_file import libreview_csv
from glykos.demo.living import live
from glykos.demo.logbook import logbook_entries
from glykos.demo.mysugr_file import mysugr_csv
from glykos.demo.persona import ALEX, KIM, Body, MealHabit, Persona
from glykos.therapy.records import Record

SAM = Diarist(
    first_name="Sam",
    last_name="Demo",
    birth_date=date(1997, 3, 21),
    zone="Europe/Berlin",
    weight_kg=62.0,
    body=Body(sensitivity_mgdl_per_u=42, carb_ratio_g_per_u=10, basal_u_per_h=0.82, dawn=0.16),
    meals=(
        MealHabit(minute=7 * 60 + 20, carbs_g=40, weekend_shift_min=90),
        MealHabit(minute=12 * 60 + 30, carbs_g=58, weekend_shift_min=45),
        MealHabit(minute=16 * 60, carbs_g=18, chance=0.4),
        MealHabit(minute=19 * 60 + 15, carbs_g=56, weekend_shift_min=30),
    ),
    dishes=("Muesli", "Bread and cheese", "Pasta", "Rice and vegetables", "Lentil soup"),
    pens=Pens(
        rapid="NovoRapid",
        long="Tresiba",
        long_u=19,
        long_minute=22 * 60,
        carb_ratio_g_per_u=((0, 11.0), (6 * 60, 9.5), (11 * 60, 10.5)),
        sensitivity_mgdl_per_u=45,
    ),
    wears_sensor=True,
    hba1c_percent=(7.4,),
    has_cycle=True,
)

TONI = Diarist(
    first_name="Toni",
    last_name="Demo",
    birth_date=date(1971, 11, 8),
    zone="Europe/Berlin",
    weight_kg=84.0,
    body=Body(
        sensitivity_mgdl_per_u=34,
        carb_ratio_g_per_u=8,
        basal_u_per_h=1.02,
        dawn=0.16,
        day_to_day=0.12,
    ),
    meals=(
        MealHabit(minute=6 * 60 + 40, carbs_g=45, weekend_shift_min=70),
        MealHabit(minute=12 * 60 + 10, carbs_g=62, weekend_shift_min=30),
        MealHabit(minute=18 * 60 + 30, carbs_g=60, weekend_shift_min=30),
    ),
    dishes=("Breakfast at home", "Canteen", "Potatoes and fish", "Pizza"),
    pens=Pens(
        rapid="Humalog",
        long="Lantus",
        long_u=22,
        long_minute=21 * 60 + 30,
        long_spread_min=38,
        skips_long=0.04,
        carb_ratio_g_per_u=((0, 9.5),),
        sensitivity_mgdl_per_u=36,
        forgets_dose=0.08,
    ),
    checks=((6 * 60 + 30, 0.9), (22 * 60, 0.6)),
    checks_at_meal=0.55,
    logs_food=0.75,
    hba1c_percent=(7.9,),
)

JO = Diarist(
    first_name="Jo",
    last_name="Demo",
    birth_date=date(1963, 6, 2),
    zone="Europe/Berlin",
    weight_kg=94.0,
    # Fasting around 140 mg/dL: the liver gives more than the own insulin holds down.
    body=Body(
        sensitivity_mgdl_per_u=30,
        carb_ratio_g_per_u=12,
        basal_u_per_h=1.0,
        restlessness=0.05,
        day_to_day=0.06,
    ),
    meals=(
        MealHabit(minute=7 * 60 + 45, carbs_g=40, weekend_shift_min=45),
        MealHabit(minute=12 * 60 + 45, carbs_g=50, weekend_shift_min=15),
        MealHabit(minute=18 * 60 + 15, carbs_g=45, weekend_shift_min=15),
    ),
    medicines=(
        Medicine(name="Metformin", dose=1000, unit="mg", minute=7 * 60 + 50),
        Medicine(name="Metformin", dose=1000, unit="mg", minute=18 * 60 + 20, skips=0.1),
        Medicine(name="Semaglutide", dose=0.5, unit="mg", minute=9 * 60, every_days=7, skips=0.0),
    ),
    checks=((7 * 60 + 15, 0.45), (20 * 60 + 15, 0.25)),
    logs_food=0.0,
    secretion_u_per_h=0.02,
    production=1.38,
    loses_kg_per_week=0.35,
    hba1c_percent=(7.8, 7.1),
    exercise_weekdays=(0, 2, 4, 6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person brings: files as (name, bytes), and logbook entries."""

    files: tuple[tuple[str, bytes], ...]
    entries: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the demo. ``way`` says in a few words how they live with diabetes."""

    key: str
    name: str
    way: str
    birth_date: date
    zone: str
    tell: Callable[[date, int], Told]


def _with_pump(persona: Persona, name: str) -> Callable[[date, int], Told]:
    def tell(last_day: date, days: int) -> Told:
        return Told(files=((name, carelink_csv(persona, last_day=last_day, days=days)),))

    return tell


def _with_diary(who: Diarist, seed: int) -> Callable[[date, int], Told]:
    def tell(last_day: date, days: int) -> Told:
        diary = live(who, last_day=last_day, days=days, seed=seed)
        files: list[tuple[str, bytes]] = []
        if who.wears_sensor:
            files.append(("libreview-export.csv", libreview_csv(who, diary)))
        elif diary.sticks:
            files.append(("mysugr-export.csv", mysugr_csv(diary)))
        return Told(files=tuple(files), entries=tuple(logbook_entries(who, diary)))

    return tell


#: Pump with sensor, pump with meter, pens with a sensor, pens with a meter only, tablets.
CAST: tuple[Member, ...] = (
    Member(
        key="pump-sensor",
        name="Alex Demo",
        way="insulin pump and sensor",
        birth_date=date(1990, 5, 17),
        zone=ALEX.zone,
        tell=_with_pump(ALEX, "demo-export.csv"),
    ),
    Member(
        key="pump-meter",
        name="Kim Demo",
        way="insulin pump and meter",
        birth_date=date(1984, 9, 30),
        zone=KIM.zone,
        tell=_with_pump(KIM, "demo-export.csv"),
    ),
    Member(
        key="pens-sensor",
        name="Sam Demo",
        way="pens and sensor",
        birth_date=SAM.birth_date,
        zone=SAM.zone,
        tell=_with_diary(SAM, 11),
    ),
    Member(
        key="meter",
        name="Toni Demo",
        way="pens and meter",
        birth_date=TONI.birth_date,
        zone=TONI.zone,
        tell=_with_diary(TONI, 12),
    ),
    Member(
        key="tablets",
        name="Jo Demo",
        way="tablets, few finger-sticks",
        birth_date=JO.birth_date,
        zone=JO.zone,
        tell=_with_diary(JO, 13),
    ),
)
