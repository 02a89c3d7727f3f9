"""Glucose of an invented person: a minimal model with gut and insulin absorption.

The insulin part and the glucose equation are those of the identifiable virtual patient
(Kanderian 2009, J Diabetes Sci Technol 3:1047), itself a form of Bergman's minimal model
(Bergman 1979, doi 10.1152/ajpendo.1979.236.6.E667); meals enter through the two-compartment
gut of Hovorka 2004 (doi 10.1088/0967-3334/25/4/010). Insulin effect is scaled so that one unit
lowers glucose by about the person's own sensitivity. It is made to look alive, not to predict.
"""

import math
from dataclasses import dataclass

import numpy as np

from glykos.demo.persona import Body

#: Time constants [min] of subcutaneous insulin, plasma insulin and insulin action.
TAU_SKIN_MIN, TAU_PLASMA_MIN, ACTION_PER_MIN = 49.0, 40.0, 0.014
#: Glucose effectiveness at zero insulin [1/min].
GEZI_PER_MIN = 0.0022
#: Gut time constants [min] of a meal and of fast sugar, and the share of carbohydrate absorbed.
TAU_MEAL_MIN, TAU_SUGAR_MIN, ABSORBED = 36.0, 14.0, 0.95
#: Glucose at which the person's real basal need holds steady [mg/dL].
REST_MGDL = 122.0
#: Share of a dose's effect that is left when glucose is lowest; the rest recovered meanwhile.
PEAK_SHARE = 0.62
STEP_MIN = 1.0


@dataclass(slots=True)
class Metabolism:
    """State of one body; ``step`` moves it on by one pump interval.

    ``insulin`` compartments are scaled to effect per minute, gut compartments are grams.
    """

    body: Body
    effect_per_u: float
    production_mgdl_min: float
    mgdl_per_g: float
    glucose_mgdl: float = REST_MGDL
    skin: float = 0.0
    plasma: float = 0.0
    action: float = 0.0
    meal_1_g: float = 0.0
    meal_2_g: float = 0.0
    sugar_1_g: float = 0.0
    sugar_2_g: float = 0.0

    @classmethod
    def at_rest(cls, body: Body) -> "Metabolism":
        """A body in balance on its real basal need."""
        effect_per_u = body.sensitivity_mgdl_per_u / REST_MGDL / PEAK_SHARE
        action = effect_per_u * body.basal_u_per_h / 60
        return cls(
            body=body,
            effect_per_u=effect_per_u,
            production_mgdl_min=(action + GEZI_PER_MIN) * REST_MGDL,
            mgdl_per_g=body.sensitivity_mgdl_per_u
            / PEAK_SHARE
            / body.carb_ratio_g_per_u
            / ABSORBED,
            skin=action,
            plasma=action,
            action=action,
        )

    def eat(self, carbs_g: float, *, is_sugar: bool = False) -> None:
        """Put carbohydrate into the gut [g]."""
        if is_sugar:
            self.sugar_1_g += carbs_g * ABSORBED
        else:
            self.meal_1_g += carbs_g * ABSORBED

    def step(
        self, minutes: int, insulin_u: float, *, sensitivity: float, production: float
    ) -> None:
        """Move on by whole minutes with ``insulin_u`` delivered evenly in them.

        ``sensitivity`` and ``production`` are factors on insulin action and on the liver.
        """
        inflow = self.effect_per_u * insulin_u / minutes
        for _ in range(minutes):
            self.skin += STEP_MIN * (inflow - self.skin) / TAU_SKIN_MIN
            self.plasma += STEP_MIN * (self.skin - self.plasma) / TAU_PLASMA_MIN
            self.action += STEP_MIN * ACTION_PER_MIN * (self.plasma - self.action)
            from_meal = self.meal_1_g / TAU_MEAL_MIN
            into_blood = self.meal_2_g / TAU_MEAL_MIN
            self.meal_1_g -= STEP_MIN * from_meal
            self.meal_2_g += STEP_MIN * (from_meal - into_blood)
            from_sugar = self.sugar_1_g / TAU_SUGAR_MIN
            sugar_into_blood = self.sugar_2_g / TAU_SUGAR_MIN
            self.sugar_1_g -= STEP_MIN * from_sugar
            self.sugar_2_g += STEP_MIN * (from_sugar - sugar_into_blood)
            self.glucose_mgdl += STEP_MIN * (
                self.production_mgdl_min * production
                - (GEZI_PER_MIN + self.action * sensitivity) * self.glucose_mgdl
                + self.mgdl_per_g * (into_blood + sugar_into_blood)
            )
        # The body defends itself: below 56 mg/dL counter-regulation sets in.
        if self.glucose_mgdl < 56:
            self.glucose_mgdl += 0.1 * (56 - self.glucose_mgdl)


@dataclass(slots=True)
class Weather:
    """Slow changes of a body nobody sees coming: day form, restlessness, exercise."""

    body: Body
    rng: np.random.Generator
    day_form: float = 0.0
    unrest: float = 0.0
    exercise: float = 0.0
    is_moving: bool = False

    def new_day(self) -> None:
        """Draw the day's sensitivity, half of it remembered from yesterday."""
        self.day_form = 0.5 * self.day_form + 0.87 * float(self.rng.normal(0, self.body.day_to_day))

    def step(self, minute_of_day: float) -> tuple[float, float]:
        """Factors (sensitivity, production) for the next five minutes."""
        keep = math.exp(-5 / 150)
        self.unrest = keep * self.unrest + math.sqrt(1 - keep**2) * float(
            self.rng.normal(0, self.body.restlessness)
        )
        if self.is_moving:
            self.exercise = min(1.0, self.exercise + 0.12)
        else:
            self.exercise *= math.exp(-5 / 240)
        dawn = self.body.dawn * math.exp(-(((minute_of_day - 375) / 110) ** 2))
        moving = 1.1 if self.is_moving else 0.42
        sensitivity = math.exp(self.day_form) * (1 + moving * self.exercise)
        return sensitivity, max(0.3, 1 + dawn + self.unrest)
