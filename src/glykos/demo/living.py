"""A life without a pump, from midnight to midnight: meals, pens, tablets, finger-sticks, notes.

The body is that of ``glucose``. Long-acting insulin enters it through two depots of equal time
constant, which at one dose a day gives the nearly flat effect such insulins are made for; what
the own body still releases follows glucose. As the rest of the demo it is made to look alive.
"""

import heapq
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from glykos.demo.diarist import Diarist, Diary, Eaten, Given, Medicine, PhoneClock
from glykos.demo.events import Life, LifeClock, Planned
from glykos.demo.glucose import REST_MGDL, Metabolism, Weather
from glykos.demo.persona import value_at
from glykos.demo.sensor import INTERVAL_S, Sensor
from glykos.therapy.clock import DAY_S

_MIN = 60
#: Time constant of each depot of long-acting insulin [s].
_DEPOT_S = 8 * 3600
#: A sensor of 14 days; its history keeps a value every 15 min.
_SENSOR_DAYS, _HISTORY_S = 14, 900
_BREAKFAST_UNTIL_MIN = 10 * 60 + 30
_LOW_FELT_MGDL, _HIGH_SEEN_MGDL = 66, 240
#: An infection so many days before the end, how long it lasts, and what it does to the liver.
_ILL_BEFORE_DAYS, _ILL_DAYS, _FEVER = 20, 3, 1.13


@dataclass(slots=True)
class _Depots:
    """Long-acting insulin under the skin [U]."""

    first_u: float = 0.0
    second_u: float = 0.0

    @classmethod
    def at_rest(cls, daily_u: float) -> "_Depots":
        """As after weeks of the same daily dose, shared evenly over the day."""
        each = daily_u * _DEPOT_S / DAY_S
        return cls(each, each)

    def step(self, seconds: float) -> float:
        """Insulin that reaches the body meanwhile [U]."""
        share = seconds / _DEPOT_S
        moved, out = self.first_u * share, self.second_u * share
        self.first_u -= moved
        self.second_u += moved - out
        return out


def live(who: Diarist, *, last_day: date, days: int, seed: int) -> Diary:
    """Live ``days`` days up to and including ``last_day``; the same seed gives the same diary."""
    return _Living.begin(who, last_day=last_day, days=days, seed=seed).run()


@dataclass(slots=True)
class _Living:
    """One life in progress; every method taking (at_s, amount) is one thing done at one moment."""

    who: Diarist
    diary: Diary
    body: Metabolism
    weather: Weather
    sensor: Sensor
    depots: _Depots
    rng: np.random.Generator
    agenda: list[Planned] = field(default_factory=list)
    rapid_u: float = 0.0  # injected since the last step of the body
    quiet_until_s: int = 0
    end_s: int = 0

    @classmethod
    def begin(cls, who: Diarist, *, last_day: date, days: int, seed: int) -> "_Living":
        rng = np.random.default_rng(seed)
        clock = PhoneClock.of(who.zone, last_day, days)
        body = Metabolism.at_rest(who.body)
        own = cls(
            who=who,
            diary=Diary(clock),
            body=body,
            weather=Weather(who.body, rng),
            sensor=Sensor(rng, tissue_mgdl=body.glucose_mgdl),
            depots=_Depots.at_rest(who.pens.long_u if who.pens else 0.0),
            rng=rng,
            end_s=clock.elapsed_s(days * DAY_S),
        )
        for day in range(days):
            own._plan(day)
        heapq.heapify(own.agenda)
        own._rare_things()
        return own

    def run(self) -> Diary:
        kept = Life(clock=LifeClock(self.diary.clock.first_day, self.diary.clock.days))
        self.weather.new_day()
        day = 0
        for at_s in range(0, self.end_s, INTERVAL_S):
            minute = self._minute(at_s)
            if minute < INTERVAL_S / _MIN and at_s:
                day += 1
                self.weather.new_day()
                if day % _SENSOR_DAYS == 0:
                    self.sensor.start(at_s)
            while self.agenda and self.agenda[0].at_s < at_s + INTERVAL_S:
                doing = heapq.heappop(self.agenda)
                getattr(self, doing.what)(doing.at_s, doing.amount)
            self._notice(at_s, kept)
            sensitivity, production = self.weather.step(minute)
            self.body.step(
                INTERVAL_S // _MIN,
                self._insulin_u(),
                sensitivity=sensitivity,
                production=production * self.who.production * (_FEVER if self._is_ill(at_s) else 1),
            )
            self.diary.glucose_mgdl.append(self.body.glucose_mgdl)
        return self.diary

    def _insulin_u(self) -> float:
        """Insulin that enters the body in five minutes: pens, depots and the own body's."""
        above = self.body.glucose_mgdl - REST_MGDL
        own_u_per_h = max(0.0, self._own_basal() + self.who.secretion_u_per_h * above)
        if self.who.secretion_u_per_h == 0:
            own_u_per_h = 0.0
        units = self.rapid_u + self.depots.step(INTERVAL_S) + own_u_per_h * INTERVAL_S / 3600
        self.rapid_u = 0.0
        return units

    def _own_basal(self) -> float:
        """What is left to the own body once the depots are counted [U/h]."""
        daily = self.who.pens.long_u if self.who.pens else 0.0
        return max(0.0, self.who.body.basal_u_per_h - daily / 24)

    def _minute(self, at_s: float) -> float:
        shown = self.diary.clock.local(at_s)
        return shown.hour * 60 + shown.minute + shown.second / 60

    def _is_ill(self, at_s: float) -> bool:
        before = self.diary.clock.days - at_s / DAY_S
        return _ILL_BEFORE_DAYS - _ILL_DAYS < before <= _ILL_BEFORE_DAYS

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _later(self, at_s: float, what: str, amount: float = 0.0) -> None:
        if at_s < self.end_s:
            heapq.heappush(self.agenda, Planned(int(at_s), what, amount))

    # --- the plan of a day -------------------------------------------------------------------

    def _plan(self, day: int) -> None:
        who, rng = self.who, self.rng
        weekday = (self.diary.clock.first_day + timedelta(days=day)).weekday()
        weekend = weekday >= 5
        todo: list[tuple[float, str, float]] = []
        for meal in who.meals:
            if self._chance(meal.chance):
                shift = meal.weekend_shift_min if weekend else 0
                carbs = round(meal.carbs_g * float(rng.lognormal(-0.03, 0.22)))
                todo.append((meal.minute + rng.normal(0, 20) + shift, "eat", carbs))
        todo += [
            (minute + rng.normal(0, 14), "check", 0.0)
            for minute, chance in who.checks
            if self._chance(chance)
        ]
        if who.pens:
            late = 120.0 if weekend and self._chance(0.25) else 0.0
            at = who.pens.long_minute + rng.normal(0, who.pens.long_spread_min) + late
            todo.append((at, "inject_long", 0.0))
        todo += [
            (one.minute + rng.normal(0, 12), "take", place)
            for place, one in enumerate(who.medicines)
            if day % one.every_days == 0
        ]
        if weekday in who.exercise_weekdays and self._chance(0.8):
            todo.append(
                (17.5 * 60 + rng.normal(0, 40), "exercise", float(rng.choice((30, 45, 60))))
            )
        for minute, what, amount in todo:
            wall_s = day * DAY_S + int(max(0.0, minute) * _MIN)
            at_s = self.diary.clock.elapsed_s(wall_s)
            if at_s < self.end_s:
                self.agenda.append(Planned(at_s, what, amount))

    def _rare_things(self) -> None:
        """What does not happen every day: the scales, the laboratory, illness, stress, a party."""
        clock, days = self.diary.clock, self.diary.clock.days

        def at(day: int, minute: int) -> int:
            return clock.elapsed_s(day * DAY_S + minute * _MIN)

        for day in range(1, days, 7):
            kilograms = self.who.weight_kg + float(self.rng.normal(0, 0.3))
            kilograms += self.who.loses_kg_per_week * (days - day) / 7
            self.diary.weights.append((at(day, 7 * 60 + 5), round(kilograms, 1)))
        for place, percent in enumerate(self.who.hba1c_percent):
            day = max(0, days - 8 - 80 * (len(self.who.hba1c_percent) - 1 - place))
            self.diary.hba1c.append((at(day, 9 * 60 + 30), percent))
        told = [
            (days - 6, 21 * 60 + 15, "alcohol", "2 glasses of wine"),
            (days - 4, 10 * 60, "stress", "Presentation at work"),
            (days - _ILL_BEFORE_DAYS, 8 * 60, "illness", "Cold with fever"),
        ]
        if self.who.has_cycle:
            told += [(day, 7 * 60 + 30, "cycle", "period_start") for day in range(days - 9, 0, -28)]
        self.diary.remarks += sorted((at(d, m), kind, text) for d, m, kind, text in told if d >= 0)

    # --- what the person does ----------------------------------------------------------------

    def eat(self, at_s: int, carbs_g: float) -> None:
        """A meal, with a dose for it where there is a pen."""
        self.body.eat(carbs_g)
        seen = self._look(at_s)
        pens = self.who.pens
        counted = carbs_g
        if pens:
            counted = max(5.0, carbs_g * (1 + float(self.rng.normal(0, pens.counting_error))))
        if self._chance(self.who.logs_food):
            dish = self._dish(at_s)
            rounded = max(5, round(counted / 5) * 5)
            self.diary.eaten.append(Eaten(at_s=at_s, carbs_g=rounded, dish=dish))
        if pens is None:
            return
        if self._chance(pens.forgets_dose):
            self.diary.missed += 1
            return
        ratio = value_at(pens.carb_ratio_g_per_u, self._minute(at_s))
        self._inject_rapid(at_s, counted / ratio + self._correction_u(seen))

    def _dish(self, at_s: int) -> str:
        """The first dish of the list is breakfast, the others are for later."""
        dishes = self.who.dishes
        if not dishes or self._minute(at_s) < _BREAKFAST_UNTIL_MIN:
            return dishes[0] if dishes else ""
        return str(self.rng.choice(dishes[1:]))

    def inject_long(self, at_s: int, _: float) -> None:
        """The daily dose of long-acting insulin, unless it is forgotten."""
        pens = self.who.pens
        if pens is None or self._chance(pens.skips_long):
            self.diary.missed += 1
            return
        self.depots.first_u += pens.long_u
        dose = Given(at_s=at_s, units=pens.long_u, brand=pens.long, is_long=True)
        self.diary.given.append(dose)

    def check(self, at_s: int, _: float) -> None:
        """A finger-stick, with what follows from it."""
        seen = self._stick(at_s)
        if seen > _HIGH_SEEN_MGDL and self.who.pens and self._chance(0.8):
            self._inject_rapid(at_s + 60, self._correction_u(seen) * 0.7)

    def take(self, at_s: int, place: float) -> None:
        """A tablet or a weekly injection of something other than insulin."""
        medicine: Medicine = self.who.medicines[int(place)]
        if not self._chance(medicine.skips):
            self.diary.taken.append((at_s, medicine))

    def exercise(self, at_s: int, minutes: float) -> None:
        """A walk, a ride or the gym."""
        self.weather.is_moving = True
        label = str(self.rng.choice(("Walk", "Cycling", "Gym")))
        self.diary.moved.append((at_s, int(minutes), label))
        self._later(at_s + minutes * _MIN, "rest")

    def rest(self, _: int, __: float) -> None:
        """Done for today."""
        self.weather.is_moving = False

    def treat_low(self, at_s: int, _: float) -> None:
        """Sugar against a low."""
        grams = int(self.rng.uniform(12, 20))
        self.body.eat(grams, is_sugar=True)
        if self._chance(0.5):
            self._stick(at_s - 30)
        if self._chance(self.who.logs_food):
            self.diary.eaten.append(Eaten(at_s=at_s, carbs_g=grams, dish="Glucose tablets"))

    def correct(self, at_s: int, _: float) -> None:
        """A dose against a high that was seen on a scan."""
        self._inject_rapid(at_s, self._correction_u(self._look(at_s)) * 0.7)

    # --- looking at glucose ------------------------------------------------------------------

    def _notice(self, at_s: int, kept: Life) -> None:
        """The sensor's history, and what a person feels or sees."""
        blood = self.body.glucose_mgdl
        if self.who.wears_sensor:
            point = self.sensor.read(at_s + 41, blood, kept)
            if point is not None and at_s % _HISTORY_S == 0:
                self.diary.readings.append((at_s + 41, point.mgdl))
        if at_s < self.quiet_until_s:
            return
        awake = 6.5 * 60 <= self._minute(at_s) <= 23.5 * 60
        if blood < _LOW_FELT_MGDL:
            self.quiet_until_s = at_s + 45 * _MIN
            self._later(at_s + float(self.rng.uniform(4, 20)) * _MIN, "treat_low")
        elif blood > _HIGH_SEEN_MGDL + 20 and awake and self.who.pens:
            # Seen on a scan, or felt as thirst where there is nothing to look at.
            sees = self.who.wears_sensor
            self.quiet_until_s = at_s + 150 * _MIN
            if self._chance(0.55 if sees else 0.4):
                later_s = at_s + float(self.rng.uniform(5, 40)) * _MIN
                self._later(later_s, "correct" if sees else "check")

    def _look(self, at_s: int) -> int | None:
        """A scan, or a finger-stick where there is no sensor and the person feels like it."""
        if self.who.wears_sensor and self.sensor.recent:
            latest = self.sensor.recent[-1].mgdl
            self.diary.scans.append((at_s, latest))
            return latest
        return self._stick(at_s) if self._chance(self.who.checks_at_meal) else None

    def _stick(self, at_s: int) -> int:
        error = 1 + float(self.rng.normal(0, 0.05))
        mgdl = int(min(max(round(self.body.glucose_mgdl * error), 25), 560))
        self.diary.sticks.append((at_s, mgdl))
        return mgdl

    def _correction_u(self, seen_mgdl: int | None) -> float:
        pens = self.who.pens
        if pens is None or seen_mgdl is None:
            return 0.0
        return max(-2.0, (seen_mgdl - pens.target_mgdl) / pens.sensitivity_mgdl_per_u)

    def _inject_rapid(self, at_s: int, wanted_u: float) -> None:
        pens = self.who.pens
        if pens is None:
            return
        units = round(wanted_u / pens.step_u) * pens.step_u
        if units > 0:
            self.rapid_u += units
            self.diary.given.append(Given(at_s=at_s, units=units, brand=pens.rapid))
