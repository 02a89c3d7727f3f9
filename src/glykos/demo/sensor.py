"""An invented glucose sensor: late, noisy, a little off, and sometimes silent.

The error model has the usual parts: delay behind blood, error correlated from reading to reading,
an offset per sensor (form after Facchinetti 2014, IEEE Trans Biomed Eng 61:620). Sizes are round
numbers chosen for an older sensor that needs calibration, not fitted to anybody.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from glykos.demo.events import Alert, Life, SensorPoint

INTERVAL_S = 300
LAG_MIN = 9.0
WARM_UP_S = 2 * 3600
NOISE_MGDL, NOISE_KEEP = 3.6, 0.8
BIAS = 0.05
#: Chance per reading that the signal is lost for a while.
LOST = 0.0016
LOWEST_MGDL, HIGHEST_MGDL = 40, 400


@dataclass(slots=True)
class Sensor:
    """One wearer's sensors, one after the other."""

    rng: np.random.Generator
    tissue_mgdl: float
    noise: float = 0.0
    bias: float = 0.0
    silent_until_s: int = 0
    warm_until_s: int = 0
    recent: list[SensorPoint] = field(default_factory=list)

    def start(self, at_s: int) -> None:
        """A new sensor: two hours of warm-up and a new bias."""
        self.bias = float(self.rng.normal(0, BIAS))
        self.warm_until_s = at_s + WARM_UP_S + int(self.rng.integers(0, 1500))

    def calibrate(self, meter_mgdl: int) -> None:
        """Take most of the present error out."""
        if self.recent:
            error = self.recent[-1].mgdl / max(meter_mgdl, 1) - 1
            self.bias -= 0.35 * max(-0.25, min(0.25, error))

    def read(self, at_s: int, blood_mgdl: float, life: Life) -> SensorPoint | None:
        """The reading at this moment, or None while there is none."""
        self.tissue_mgdl += (blood_mgdl - self.tissue_mgdl) * (1 - math.exp(-5 / LAG_MIN))
        self.noise = NOISE_KEEP * self.noise + float(self.rng.normal(0, NOISE_MGDL)) * math.sqrt(
            1 - NOISE_KEEP**2
        )
        lost_min = float(self.rng.lognormal(3.4, 0.7)) if self.rng.random() < LOST else 0.0
        if lost_min:
            self.silent_until_s = at_s + int(lost_min * 60)
            if lost_min > 30:
                text = "LOST SENSOR SIGNAL: tone and vibration"
                life.alerts.append(Alert(at_s=at_s + 1800, text=text))
        if at_s < self.warm_until_s:
            life.sensor_states.append((at_s, "SENSOR_INIT_CODE"))
            return None
        if at_s < self.silent_until_s:
            return None
        value = self.tissue_mgdl * (1 + self.bias) + self.noise
        point = SensorPoint(
            at_s=at_s,
            mgdl=int(min(max(round(value), LOWEST_MGDL), HIGHEST_MGDL)),
            isig=round(max(1.0, value / 5.4), 2),
        )
        life.sensor.append(point)
        self.recent = [*self.recent[-6:], point]
        return point

    def slope_mgdl_min(self) -> float | None:
        """Change over the last 20 to 25 min of readings [mg/dL per min]; None after a gap."""
        last = self.recent[-5:]
        if len(last) < 5 or last[-1].at_s - last[0].at_s > 5 * INTERVAL_S:
            return None
        return (last[-1].mgdl - last[0].mgdl) / ((last[-1].at_s - last[0].at_s) / 60)
