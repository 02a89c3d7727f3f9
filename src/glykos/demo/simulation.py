"""A life from midnight to midnight: the agenda drives the pump, the pump the body, the body the sensor."""

import heapq
from datetime import date

import numpy as np

from glykos.demo.events import Life, LifeClock, plan
from glykos.demo.glucose import Metabolism, Weather
from glykos.demo.person import Person
from glykos.demo.persona import Persona
from glykos.demo.pump import Pump
from glykos.demo.sensor import INTERVAL_S, Sensor
from glykos.therapy.clock import DAY_S

#: Seconds after each five-minute mark at which the sensor speaks.
SENSOR_OFFSET_S = 137


def simulate(persona: Persona, *, last_day: date, days: int, seed: int) -> Life:
    """Live ``days`` days up to and including ``last_day``; the same seed gives the same life."""
    rng = np.random.default_rng(seed)
    clock = LifeClock.of(persona.zone, last_day, days)
    life = Life(clock=clock)
    pump = Pump(persona=persona, life=life)
    body = Metabolism.at_rest(persona.body)
    person = Person(
        persona=persona,
        life=life,
        pump=pump,
        body=body,
        weather=Weather(persona.body, rng),
        sensor=Sensor(rng, tissue_mgdl=body.glucose_mgdl),
        rng=rng,
    )
    person.agenda = plan(persona, clock, rng)  # sorted, hence already a heap
    pump.begin()
    person.weather.new_day()
    for at_s in range(0, clock.end_s, INTERVAL_S):
        _five_minutes(person, at_s, min(at_s + INTERVAL_S, clock.end_s))
    return life


def _five_minutes(person: Person, from_s: int, to_s: int) -> None:
    pump, body, life = person.pump, person.body, person.life
    if from_s and life.clock.wall_s(from_s) % DAY_S == 0:
        person.weather.new_day()
    basal_u = _live_until(person, from_s + SENSOR_OFFSET_S)
    if person.persona.wears_sensor:
        point = person.sensor.read(from_s + SENSOR_OFFSET_S, body.glucose_mgdl, life)
        if point is not None:
            person.notice(point.at_s, point.mgdl)
            pump.watch(point.at_s, person.sensor)
    else:
        person.feel(from_s)
    basal_u += _live_until(person, to_s)
    sensitivity, production = person.weather.step(life.clock.minute_of_day(from_s))
    body.step(
        (to_s - from_s) // 60,
        basal_u + person.take_bolus_u() + person.extended_u(from_s, to_s),
        sensitivity=sensitivity,
        production=production,
    )
    life.glucose_mgdl.append(body.glucose_mgdl)


def _live_until(person: Person, to_s: int) -> float:
    """Do what is on the agenda before ``to_s``; returns the basal insulin delivered [U]."""
    units = 0.0
    while person.agenda and person.agenda[0].at_s < to_s:
        doing = heapq.heappop(person.agenda)
        at_s = max(doing.at_s, person.pump.now_s)
        units += person.pump.advance(at_s)
        getattr(person, doing.what)(at_s, doing.amount)
    return units + person.pump.advance(to_s)
