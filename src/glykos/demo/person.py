"""The invented person's decisions: eating, checking, dosing, forgetting, exercising.

Each public method is one thing the person does at one moment; ``events.plan`` names most of
them, the rest follow from others (a late bolus, sugar against a low).
"""

import heapq
from dataclasses import dataclass, field, replace

import numpy as np

from glykos.demo.events import Alert, GivenBolus, Life, MeterReading, Planned
from glykos.demo.glucose import Metabolism, Weather
from glykos.demo.persona import Persona
from glykos.demo.pump import REST_S, SECONDS_PER_U, Pump, stepped
from glykos.demo.sensor import Sensor

_MIN = 60
_NOTES = ("Other", "Other", "Insulin: 2,00")
#: A repeated alert for the same state stays quiet for this long.
_ALERT_REST_S = 2 * 3600
#: Nothing is started so late that it would not be over at the end of the last day.
_LAST_DOSE_S, _LAST_EXTENDED_S = 30 * _MIN, 200 * _MIN


@dataclass(slots=True)
class Person:
    """One life in progress."""

    persona: Persona
    life: Life
    pump: Pump
    body: Metabolism
    weather: Weather
    sensor: Sensor
    rng: np.random.Generator
    agenda: list[Planned] = field(default_factory=list)
    quiet_until_s: dict[str, int] = field(default_factory=dict)
    bolus_u: float = 0.0  # delivered since the last step of the body

    def later(self, at_s: float, what: str, amount: float = 0.0) -> None:
        """Put something on the agenda."""
        heapq.heappush(self.agenda, Planned(int(at_s), what, amount))

    def chance(self, probability: float) -> bool:
        """Whether something with this chance happens."""
        return bool(self.rng.random() < probability)

    # --- eating and dosing -------------------------------------------------------------------

    def eat(self, at_s: int, carbs_g: float) -> None:
        """A meal, with a bolus before, late or not at all."""
        self.body.eat(carbs_g)
        self.life.eaten_g += carbs_g
        habits = self.persona.habits
        counted = float(max(2, round(carbs_g * (1 + self.rng.normal(0, habits.counting_error)))))
        if self.chance(habits.forgets_bolus):
            return
        delay_min = 20 + self.rng.random() * 40 if self.chance(habits.boluses_late) else 0.0
        self.later(at_s + delay_min * _MIN + 1, "bolus_for", counted)

    def bolus_for(self, at_s: int, carbs_g: float) -> None:
        """Use the calculator for a meal, usually with a finger-stick."""
        bg = None
        if self.chance(self.persona.habits.checks_at_meal):
            bg = self.check(at_s - 25, 0.0)
        self._dose(at_s, round(carbs_g), bg)

    def correct(self, at_s: int, _: float) -> None:
        """Check and let the calculator correct a high."""
        bg = self.check(at_s - 25, 0.0)
        if bg > self.persona.target_high_mgdl + 40:
            self._dose(at_s, 0, bg)

    def stack(self, at_s: int, _: float) -> None:
        """Lose patience: a dose without the calculator, on top of what is still at work."""
        if not self.pump.stop_code and self.life.clock.end_s - at_s > _LAST_DOSE_S:
            units = stepped(float(self.rng.uniform(1.0, 2.4)))
            self._give(at_s, "Normal", units, source="MANUAL")

    def treat_low(self, at_s: int, _: float) -> None:
        """Sugar against a low, sometimes noted in the pump."""
        carbs_g = float(round(self.rng.uniform(10, 18)))
        self.body.eat(carbs_g, is_sugar=True)
        self.life.eaten_g += carbs_g
        if self.chance(self.persona.habits.logs_snack):
            self.life.markers.append((at_s, f"Meal: {carbs_g:.2f}grams".replace(".", ",")))
        if self.chance(0.5):
            self.check(at_s - 40, 0.0)

    def _dose(self, at_s: int, carbs_g: int, bg_mgdl: int | None) -> None:
        if self.pump.stop_code in ("PLGM_PREDICTED_LOW_SG", "USER_SUSPEND"):
            self.pump.resume(self.pump.now_s)  # the pump must run to give a bolus
            self.pump.rest_until_s = self.pump.now_s + REST_S
        elif self.pump.stop_code:
            return
        habits = self.persona.habits
        left_s = self.life.clock.end_s - at_s
        if left_s < _LAST_DOSE_S:
            return  # would not be over when the story ends
        proposal = self.pump.estimate(at_s, carbs_g, bg_mgdl)
        final = proposal.estimate_u
        if self.chance(habits.overrides):
            final = stepped(
                max(0.0, final + float(self.rng.choice((-1.0, -0.5, 0.5, 1.0, 1.5, 2.0))))
            )
        self.life.estimates.append(replace(proposal, final_u=final))
        if final <= 0:
            return
        is_big = carbs_g >= 40 and final >= 2 and left_s > _LAST_EXTENDED_S
        if is_big and self.chance(habits.extends_bolus):
            self._give_extended(at_s + 1, final)
        else:
            self._give(at_s + 1, "Normal", final)

    def _give(self, at_s: int, kind: str, units: float, *, source: str = "BOLUS_WIZARD") -> None:
        stopped = units >= 2 and self.chance(self.persona.habits.stops_bolus)
        delivered = stepped(units * float(self.rng.uniform(0.2, 0.8))) if stopped else units
        self.bolus_u += delivered
        self.pump.give(
            GivenBolus(
                at_s=at_s,
                number=self.pump.next_number(),
                kind=kind,
                selected_u=units,
                delivered_u=delivered,
                delivered_s=max(4, round(delivered * SECONDS_PER_U)),
                source=source,
                is_stopped=stopped,
            )
        )

    def _give_extended(self, at_s: int, units: float) -> None:
        """A dual wave, or all of it as a square wave."""
        number = self.pump.next_number()
        minutes = int(self.rng.choice((60, 90, 120, 150)))
        is_dual = self.chance(0.75)
        now = stepped(units * 0.6) if is_dual else 0.0
        if is_dual:
            self.bolus_u += now
            self.pump.give(
                GivenBolus(
                    at_s=at_s,
                    number=number,
                    kind="Dual (normal part)",
                    selected_u=now,
                    delivered_u=now,
                    delivered_s=round(now * SECONDS_PER_U),
                )
            )
        rest = round(units - now, 3)
        self.pump.give(
            GivenBolus(
                at_s=at_s,
                number=number,
                kind="Dual (square part)" if is_dual else "Square",
                selected_u=rest,
                delivered_u=rest,
                selected_min=minutes,
                delivered_s=minutes * _MIN,
            )
        )

    # --- checking ----------------------------------------------------------------------------

    def check(self, at_s: int, _: float) -> int:
        """A finger-stick; most come from the linked meter, some are typed in."""
        error = 1 + float(self.rng.normal(0, 0.05))
        mgdl = int(min(max(round(self.body.glucose_mgdl * error), 25), 560))
        is_linked = self.chance(0.93)
        self.life.meter.append(MeterReading(at_s=at_s, mgdl=mgdl, is_linked=is_linked))
        return mgdl

    def check_and_calibrate(self, at_s: int, _: float) -> None:
        """A finger-stick that the sensor is calibrated with."""
        mgdl = self.check(at_s, 0.0)
        if self.persona.wears_sensor and at_s >= self.sensor.warm_until_s:
            self.life.calibrations.append((at_s + 27, mgdl))
            self.sensor.calibrate(mgdl)

    # --- daily life --------------------------------------------------------------------------

    def exercise(self, at_s: int, minutes: float) -> None:
        """Sport, often with a temporary basal rate from its start."""
        self.weather.is_moving = True
        self.life.markers.append((at_s, f"Exercise: {minutes:.0f}min"))
        if self.chance(self.persona.habits.uses_temp_basal):
            percent = int(self.rng.choice((40, 50, 60, 70)))
            self.pump.start_temp(at_s, percent / 100, int(minutes) + 60)
        self.later(at_s + minutes * _MIN, "rest")

    def rest(self, _: int, __: float) -> None:
        """Sport is over."""
        self.weather.is_moving = False

    def extra_temp_basal(self, at_s: int, _: float) -> None:
        """A higher rate on a lazy or feverish afternoon."""
        self.pump.start_temp(at_s, float(self.rng.choice((1.2, 1.3, 1.5))), 120)

    def take_pump_off(self, at_s: int, _: float) -> None:
        """Shower or swimming."""
        if self.pump.suspend(at_s, "USER_SUSPEND"):
            self.later(at_s + float(self.rng.uniform(15, 45)) * _MIN, "put_pump_on")

    def put_pump_on(self, at_s: int, _: float) -> None:
        """Back on."""
        if self.pump.stop_code == "USER_SUSPEND":
            self.pump.resume(at_s)

    def change_set(self, at_s: int, _: float) -> None:
        """New reservoir and infusion set; put off when the pump happens to be stopped."""
        if self.pump.stop_code:
            self.later(at_s + 40 * _MIN, "change_set")
            return
        self.pump.change_set(at_s)
        self.later(at_s + 210, "finish_set")

    def finish_set(self, at_s: int, _: float) -> None:
        """The new set is in place."""
        if self.pump.stop_code == "NOTSEATED_SUSPEND":
            self.pump.resume(at_s)

    def change_sensor(self, at_s: int, _: float) -> None:
        """Sensor out, a new one in after a while, then warm-up and a first calibration."""
        self.life.alerts.append(
            Alert(at_s=at_s, text="SENSOR EXPIRED ALERT: tone and vibration", cleared_s=at_s + 70)
        )
        new_s = at_s + int(self.rng.uniform(10, 150)) * _MIN
        self.sensor.silent_until_s = new_s
        self.later(new_s, "start_sensor")

    def start_sensor(self, at_s: int, _: float) -> None:
        """A new sensor warms up."""
        self.sensor.start(at_s)
        self.life.alerts.append(Alert(at_s=at_s + 40, text="SENSOR CONNECTED: tone and vibration"))
        self.later(self.sensor.warm_until_s + 60, "check_and_calibrate")

    def change_battery(self, at_s: int, _: float) -> None:
        """The battery is empty: delivery stands still until there is a new one."""
        if self.pump.suspend(at_s, "ALARM_SUSPEND"):
            text = "INSERT BATTERY ALARM, DELIVERY STOPPED: tone"
            self.life.alerts.append(Alert(at_s=at_s, text=text, cleared_s=at_s + 65))
            self.later(at_s + 95, "battery_changed")

    def battery_changed(self, at_s: int, _: float) -> None:
        """Running again."""
        if self.pump.stop_code == "ALARM_SUSPEND":
            self.pump.resume(at_s)

    def note(self, at_s: int, _: float) -> None:
        """A marker without further content, or insulin from a pen."""
        text = str(self.rng.choice(_NOTES))
        if text.startswith("Insulin"):
            self.bolus_u += 2.0
        self.life.markers.append((at_s, text))

    def set_clock(self, at_s: int, _: float) -> None:
        """Summer time began or ended this night."""
        self.pump.set_clock(at_s)

    # --- answering the sensor ----------------------------------------------------------------

    def notice(self, at_s: int, mgdl: int) -> None:
        """Alerts of the pump, and what the person makes of them."""
        habits = self.persona.habits
        awake = 6.75 * 60 <= self.life.clock.minute_of_day(at_s) <= 23.25 * 60
        if mgdl <= 70 and self._alert(at_s, "ALERT ON LOW"):
            if self.chance(habits.treats_low if awake else 0.55 * habits.treats_low):
                self.later(at_s + float(self.rng.uniform(6, 25)) * _MIN, "treat_low")
        elif mgdl >= self.persona.high_alert_mgdl and self._alert(at_s, "ALERT ON HIGH") and awake:
            if self.chance(habits.corrects_high):
                self.later(at_s + float(self.rng.uniform(4, 20)) * _MIN, "correct")
            if self.chance(habits.stacks_manual):
                self.later(at_s + float(self.rng.uniform(25, 50)) * _MIN, "stack")

    def feel(self, at_s: int) -> None:
        """Without a sensor a low is felt, sooner or later."""
        if self.body.glucose_mgdl < 66 and self._may_alert(at_s, "felt", 45 * _MIN):
            self.later(at_s + float(self.rng.uniform(3, 25)) * _MIN, "treat_low")

    def _alert(self, at_s: int, text: str) -> bool:
        rest_s = 40 * _MIN if text == "ALERT ON LOW" else _ALERT_REST_S
        if not self._may_alert(at_s, text, rest_s):
            return False
        cleared_s = at_s + int(self.rng.uniform(10, 900)) if self.chance(0.8) else None
        self.life.alerts.append(
            Alert(at_s=at_s, text=f"{text}: tone and vibration", cleared_s=cleared_s)
        )
        return True

    def _may_alert(self, at_s: int, what: str, rest_s: int) -> bool:
        if at_s < self.quiet_until_s.get(what, 0):
            return False
        self.quiet_until_s[what] = at_s + rest_s
        return True

    # --- insulin into the body ---------------------------------------------------------------

    def extended_u(self, from_s: int, to_s: int) -> float:
        """Insulin of running square waves between two moments [U]."""
        total = 0.0
        running = []
        for bolus in self.pump.extended:
            end_s = bolus.at_s + bolus.delivered_s
            inside_s = max(0, min(to_s, end_s) - max(from_s, bolus.at_s))
            total += bolus.delivered_u * inside_s / bolus.delivered_s
            if end_s > to_s:
                running.append(bolus)
        self.pump.extended = running
        return total

    def take_bolus_u(self) -> float:
        """Bolus insulin since the last call [U]."""
        units, self.bolus_u = self.bolus_u, 0.0
        return units
