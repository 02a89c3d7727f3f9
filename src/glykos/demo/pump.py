"""An invented pump in the manner of a MiniMed 640G: basal, bolus calculator, suspend before low.

It keeps two accounts of basal: what really ran, and the rows it would print. Suspend before low
follows the outline in reference therapy-events.md §2.4 (30 min ahead, 30 min to 2 h); the glucose
margins are an approximation. Nothing here is a model of a real pump's safety logic.
"""

from dataclasses import dataclass, field

from glykos.demo.events import Alert, CalculatorUse, Fill, GivenBolus, Life, TempRate
from glykos.demo.persona import Persona, value_at
from glykos.demo.sensor import Sensor
from glykos.therapy.clock import DAY_S

STEP_U = 0.05
SECONDS_PER_U = 40
#: Suspend before low: within 70 mg/dL of the limit and predicted within 12 of it in 30 min;
#: at least 30 min, at most 2 h; 30 min of rest before the next.
NEAR_MGDL, PREDICTED_MGDL, AHEAD_MIN = 70, 12, 30
SHORTEST_STOP_S, LONGEST_STOP_S, REST_S = 30 * 60, 2 * 3600, 30 * 60


@dataclass(slots=True)
class Pump:
    """State of the pump; every method takes the elapsed second at which it happens."""

    persona: Persona
    life: Life
    now_s: int = 0
    temp: TempRate | None = None
    stop_code: str = ""
    stopped_s: int = 0
    rest_until_s: int = 0
    bolus_number: int = 0
    reservoir_u: float = 180.0
    extended: list[GivenBolus] = field(default_factory=list)

    # --- basal ---------------------------------------------------------------------------

    def programmed(self, at_s: float) -> float:
        """Rate of the pattern on the pump's clock [U/h]."""
        return value_at(self.persona.basal_u_per_h, self.life.clock.minute_of_day(at_s))

    def rate(self, at_s: float) -> float:
        """Rate that runs [U/h]."""
        if self.stop_code:
            return 0.0
        fraction = self.temp.fraction if self.temp else 1.0
        return round(self.programmed(at_s) * fraction, 6)

    def advance(self, to_s: int) -> float:
        """Run until ``to_s`` and return the basal insulin delivered meanwhile [U]."""
        units = 0.0
        while self.now_s < to_s:
            next_s = min(to_s, self._next_segment_s())
            temp_end_s = self._temp_end_s()
            if temp_end_s is not None and temp_end_s < next_s:
                next_s = temp_end_s
            units += self.rate(self.now_s) * (next_s - self.now_s) / 3600
            self.now_s = next_s
            if next_s == temp_end_s:
                self._end_temp()
            elif next_s < to_s or self._is_segment_start(next_s):
                self._start_segment()
        self.reservoir_u -= units
        return units

    def begin(self) -> None:
        """The first rate of the first day."""
        self._start_segment()

    def set_clock(self, at_s: int) -> None:
        """The owner sets the clock; the programme is re-evaluated at once."""
        self.advance(at_s)
        self._changed()
        self._print(self.rate(at_s))

    def start_temp(self, at_s: int, fraction: float, minutes: int) -> None:
        """A temporary rate, unless one runs or the pump is stopped."""
        if self.temp is not None or self.stop_code:
            return
        self.temp = TempRate(at_s=at_s, fraction=fraction, minutes=minutes)
        self.life.temps.append(self.temp)
        self._changed()
        self._print(self.rate(at_s))
        self._print_programme_next_minute(at_s)

    def suspend(self, at_s: int, code: str) -> bool:
        """Stop delivery for the reason CareLink calls ``code``; False when already stopped."""
        if self.stop_code:
            return False
        self.stop_code, self.stopped_s = code, at_s
        self.life.stops.append((at_s, code))
        self._stop_extended(at_s)
        self._changed()
        self._print(0.0)
        return True

    def resume(self, at_s: int) -> None:
        """Delivery goes on."""
        if not self.stop_code:
            return
        self.stop_code = ""
        self.life.restarts.append(at_s)
        self._changed()
        self._print(self.rate(at_s))

    def change_set(self, at_s: int) -> None:
        """Reservoir out, rewind, fill; delivery stands still meanwhile (resume comes later)."""
        if not self.suspend(at_s, "NOTSEATED_SUSPEND"):
            return
        self.life.rewinds.append(at_s + 35)
        tubing_u = 8.2
        self.reservoir_u = 180.0
        self.life.fills.append(
            Fill(at_s=at_s + 150, kind="Tubing Fill", volume_u=tubing_u, left_u=180.3)
        )
        self.life.fills.append(
            Fill(at_s=at_s + 175, kind="Cannula Fill", volume_u=0.3, left_u=180.0)
        )

    def _changed(self) -> None:
        rate = self.rate(self.now_s)
        if self.life.delivered and self.life.delivered[-1][0] == self.now_s:
            self.life.delivered[-1] = (self.now_s, rate)
        else:
            self.life.delivered.append((self.now_s, rate))

    def _print(self, rate: float) -> None:
        self.life.printed.append((self.now_s, rate))

    def _print_programme_next_minute(self, at_s: int) -> None:
        wall_s = self.life.clock.wall_s(at_s)
        later_s = at_s + 60 - wall_s % 60
        self.life.printed.append((later_s, self.programmed(later_s)))

    def _start_segment(self) -> None:
        self._changed()
        if not self.stop_code:
            self._print(self.rate(self.now_s))
        self._print(self.programmed(self.now_s))

    def _end_temp(self) -> None:
        self.temp = None
        self._changed()
        if not self.stop_code:
            self._print(self.rate(self.now_s))
            self._print_programme_next_minute(self.now_s)

    def _temp_end_s(self) -> int | None:
        return self.temp.at_s + self.temp.minutes * 60 if self.temp else None

    def _is_segment_start(self, at_s: int) -> bool:
        wall_s = self.life.clock.wall_s(at_s) % DAY_S
        return any(minute * 60 == wall_s for minute, _ in self.persona.basal_u_per_h)

    def _next_segment_s(self) -> int:
        """Elapsed second of the next segment, or of the clock change if that is sooner."""
        clock = self.life.clock
        wall_s = clock.wall_s(self.now_s)
        second = wall_s % DAY_S
        later = [m * 60 for m, _ in self.persona.basal_u_per_h if m * 60 > second] or [DAY_S]
        return self.now_s + later[0] - second

    # --- bolus ---------------------------------------------------------------------------

    def active_insulin_u(self, at_s: int) -> float:
        """Bolus insulin still at work, straight line over the set duration [U]."""
        length_s = self.persona.active_insulin_min * 60
        recent = [b for b in self.life.boluses[-12:] if at_s - b.at_s < length_s]
        return round(sum(b.delivered_u * (1 - (at_s - b.at_s) / length_s) for b in recent), 1)

    def estimate(self, at_s: int, carbs_g: int, bg_mgdl: int | None) -> CalculatorUse:
        """What the bolus calculator proposes; active insulin only reduces a correction."""
        persona, minute = self.persona, self.life.clock.minute_of_day(at_s)
        ratio = value_at(persona.carb_ratio_g_per_u, minute)
        sensitivity = value_at(persona.sensitivity_mgdl_per_u, minute)
        food = round(carbs_g / ratio, 2)
        correction = 0.0
        if bg_mgdl is not None and bg_mgdl > persona.target_high_mgdl:
            correction = (bg_mgdl - persona.target_high_mgdl) / sensitivity
        elif bg_mgdl is not None and bg_mgdl < persona.target_low_mgdl:
            correction = (bg_mgdl - persona.target_low_mgdl) / sensitivity
        active = self.active_insulin_u(at_s)
        lowered = max(0.0, correction - active) if correction > 0 else correction
        estimate = stepped(max(0.0, food + lowered))
        return CalculatorUse(
            at_s=at_s,
            carbs_g=carbs_g,
            bg_mgdl=bg_mgdl,
            ratio_g_per_u=ratio,
            sensitivity_mgdl_per_u=sensitivity,
            food_u=food,
            correction_u=round(correction, 2),
            active_u=active,
            estimate_u=estimate,
            final_u=estimate,
        )

    def give(self, bolus: GivenBolus) -> None:
        """Deliver one part of a bolus."""
        self.life.boluses.append(bolus)
        self.reservoir_u -= bolus.delivered_u
        if bolus.selected_min:
            self.extended.append(bolus)

    def next_number(self) -> int:
        """The next bolus number; the counter wraps like the real one."""
        self.bolus_number = self.bolus_number % 250 + 1
        return self.bolus_number

    def _stop_extended(self, at_s: int) -> None:
        """A stop of the pump also ends a running square wave."""
        for bolus in self.extended:
            planned_s = bolus.selected_min * 60
            ran_s = (at_s - bolus.at_s) // 60 * 60
            if 0 < ran_s < bolus.delivered_s:
                place = self.life.boluses.index(bolus)
                self.life.boluses[place] = GivenBolus(
                    at_s=bolus.at_s,
                    number=bolus.number,
                    kind=bolus.kind,
                    selected_u=bolus.selected_u,
                    delivered_u=round(bolus.selected_u * ran_s / planned_s, 3),
                    selected_min=bolus.selected_min,
                    delivered_s=ran_s,
                    source=bolus.source,
                    is_stopped=True,
                )
        self.extended = []

    # --- suspend before low --------------------------------------------------------------

    def watch(self, at_s: int, sensor: Sensor) -> None:
        """Decide on a stop or a restart from the newest sensor reading."""
        slope = sensor.slope_mgdl_min()
        if self.stop_code in ("PLGM_PREDICTED_LOW_SG", "LOWSG_SUSPEND"):
            self._maybe_resume(at_s, sensor, slope)
        elif slope is not None and not self.stop_code and at_s >= self.rest_until_s:
            limit, value = self.persona.low_limit_mgdl, sensor.recent[-1].mgdl
            near = value <= limit + NEAR_MGDL
            if near and value + slope * AHEAD_MIN <= limit + PREDICTED_MGDL:
                self.suspend(at_s, "PLGM_PREDICTED_LOW_SG")
                self.life.alerts.append(
                    Alert(at_s=at_s, text="SUSPEND BEFORE LOW ALARM, QUIET: tone and vibration")
                )

    def _maybe_resume(self, at_s: int, sensor: Sensor, slope: float | None) -> None:
        stopped_s = at_s - self.stopped_s
        value = sensor.recent[-1].mgdl
        safe = value >= self.persona.low_limit_mgdl + 20 and (
            slope is not None and value + slope * AHEAD_MIN > self.persona.low_limit_mgdl + 40
        )
        if stopped_s >= LONGEST_STOP_S or (stopped_s >= SHORTEST_STOP_S and safe):
            self.resume(at_s)
            self.rest_until_s = at_s + REST_S
            self.life.alerts.append(
                Alert(at_s=at_s, text="BASAL DELIVERY RESUMED ALERT, QUIET: tone and vibration")
            )


def stepped(units: float) -> float:
    """A dose rounded down to the pump's step [U]."""
    return round(int(units / STEP_U + 1e-6) * STEP_U, 3)
