"""The core set of one person and of 1,000 people against the peers that compute most and fastest.

What is compared:

- **Ours** starts from bare columns of times and counts, builds the series and the history, and
  computes every number of ``CORE`` and the glucose profile (288 slots x 5 percentiles). One person
  goes through ``compute_from``; 1,000 people through ``prepared``, group by group.
- **iglu-python** computes the same set but for the profile, each number by its own function; a
  table with identifiers, times and glucose is ready before the clock starts.
- **glycosignal** is the fastest peer of any coverage: no episodes, no MODD, no profile. It is
  measured in two ways, from a table that is ready before the clock starts. *In one call*:
  ``summary_dict``, which checks and sorts the table once for all its numbers (26, among them the
  twelve); this is the fair comparison and the stricter one. *Twelve calls*: each of twelve
  functions gets the table, as its quick start shows; each call then prepares it again.

Times are taken in turns in one process, the median counts; ratios of one run only. 1,000 people are
computed in full on our side, 20 people scaled up on the peers' side.
"""

import contextlib
import io
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.row import Row, interleaved
from glykos.metrics import CORE, SENSOR_METRICS, Analysis, compute_from, prepared
from glykos.metrics.profile import profile
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale

DAYS, PEOPLE, PEER_PEOPLE = 14, 1000, 20
_EVERY = tuple(metric.key for metric in SENSOR_METRICS)


def person(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fourteen days of 5-minute readings with 3 % missing, in wall seconds and mg/dL."""
    rng = np.random.default_rng(seed)
    n = DAYS * 288
    at = wall_seconds(local_time(2024, 3, 4)) + np.arange(n) * 300 + rng.integers(0, 30)
    drift = np.convolve(rng.normal(0, 9, n + 23), np.ones(24) / 24 * 5, "valid")
    glucose = 150 + 45 * np.sin(np.arange(n) / 31 + seed) + drift + rng.normal(0, 3, n)
    keep = rng.random(n) > 0.03
    return at[keep], np.clip(glucose, 40, 400).round().astype(np.int64)[keep]


def history_of(at_s: np.ndarray, glucose: np.ndarray) -> History:
    """The readings as a history."""
    series = SensorSeries.build(at_s, glucose, scale=GlucoseScale.MGDL, device_id="cgm:1")
    return History.build(sensor=series, records=())


def ours(at_s: np.ndarray, glucose: np.ndarray, keys: tuple[str, ...]) -> object:
    """Every metric named, and the profile, from columns."""
    analysis = analysis_of(at_s, glucose)
    return compute_from(analysis, keys=keys), profile(analysis)


def analysis_of(at_s: np.ndarray, glucose: np.ndarray) -> Analysis:
    """The whole span of the readings, nothing computed yet."""
    history = history_of(at_s, glucose)
    window = history.span
    assert isinstance(window, Window)
    return Analysis(history, window)


def ours_together(people: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    """The core set and the profile of everybody, keeping the numbers only."""
    for analysis in prepared((analysis_of(*one) for one in people), with_profile=True):
        compute_from(analysis, keys=CORE)
        profile(analysis)


def frame(at_s: np.ndarray, glucose: np.ndarray) -> object:
    """What iglu-python takes."""
    import pandas as pd

    return pd.DataFrame({"id": "one", "time": pd.to_datetime(at_s, unit="s"), "gl": glucose * 1.0})


def iglu(data: object) -> None:
    """The numbers of CORE that iglu-python has, each by its own function."""
    import iglu_python as iglu

    calls = (
        *(iglu.mean_glu, iglu.sd_glu, iglu.cv_glu, iglu.gmi, iglu.median_glu),
        *(iglu.active_percent, iglu.gri, iglu.lbgi, iglu.hbgi, iglu.j_index, iglu.modd, iglu.mage),
        *(iglu.episode_calculation, partial(iglu.above_percent, targets_above=[180, 250])),
        partial(iglu.below_percent, targets_below=[54, 70]),
        partial(iglu.in_range_percent, target_ranges=[[70, 180], [70, 140]]),
    )
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for call in calls:
            call(data.copy())  # type: ignore[attr-defined]


def signal_frame(at_s: np.ndarray, glucose: np.ndarray) -> object:
    """What glycosignal takes."""
    import pandas as pd

    return pd.DataFrame({"Timestamp": pd.to_datetime(at_s, unit="s"), "Glucose": glucose * 1.0})


def glycosignal_summary(data: object) -> None:
    """All of its numbers in one call."""
    from glycosignal import metrics as peer

    peer.summary_dict(data)


def glycosignal_twelve(data: object) -> None:
    """Twelve numbers, each from the table as its quick start shows."""
    from glycosignal import metrics as peer

    for call in (peer.mean_glucose, peer.sd, peer.cv, peer.j_index, peer.lbgi, peer.hbgi, peer.gri):
        call(data)
    peer.time_in_range_percent(data, low=70.0, high=180.0)
    for limit in (54.0, 70.0):
        peer.time_below_range_percent(data, threshold=limit)
    for limit in (180.0, 250.0):
        peer.time_above_range_percent(data, threshold=limit)


def measure() -> list[Row]:
    """Ratios for one person, and for 1,000 people."""
    return [*_one_person(), *_many_people()]


def _one_person() -> list[Row]:
    at, glucose = person(1)
    table, signals = frame(at, glucose), signal_frame(at, glucose)

    def ten_times(keys: tuple[str, ...]) -> None:
        # One call is shorter than the steps of a busy machine's scheduler.
        for _ in range(10):
            ours(at, glucose, keys)

    core, every, summary, twelve, iglu_s = interleaved(
        [
            partial(ten_times, CORE),
            partial(ten_times, _EVERY),
            partial(glycosignal_summary, signals),
            partial(glycosignal_twelve, signals),
            partial(iglu, table),
        ],
        rounds=11,
    )
    core, every = core / 10, every / 10
    print(f"  (one person: core {core * 1e3:.2f} ms, all sensor metrics {every * 1e3:.2f} ms)")
    who = "1 person x 14 d"
    return [
        row(f"core set, {who}: iglu-python's over ours", iglu_s / core, 500),
        row(f"core set, {who}: glycosignal in one call over ours", summary / core, 8),
        row(f"core set, {who}: glycosignal's twelve calls over ours", twelve / core, 8),
        row(f"all sensor metrics, {who}: iglu-python's core over ours", iglu_s / every, 250),
    ]


def _many_people() -> list[Row]:
    people = [person(seed) for seed in range(PEOPLE)]
    few = people[:PEER_PEOPLE]
    tables, signals = [frame(*one) for one in few], [signal_frame(*one) for one in few]
    many, summary, twelve, iglu_s = interleaved(
        [
            partial(ours_together, people),
            partial(each, glycosignal_summary, signals),
            partial(each, glycosignal_twelve, signals),
            partial(each, iglu, tables),
        ],
        rounds=3,
    )
    scale = PEOPLE / PEER_PEOPLE
    print(f"  (1,000 people: {many:.2f} s)")
    who = "1,000 people x 14 d"
    return [
        row(f"core set, {who}: iglu-python's over ours", iglu_s * scale / many, 500),
        row(f"core set, {who}: glycosignal in one call over ours", summary * scale / many, 8),
        row(f"core set, {who}: glycosignal's twelve calls over ours", twelve * scale / many, 8),
    ]


def each(call: Callable[[object], None], tables: Sequence[object]) -> None:
    """One call for each table."""
    for one in tables:
        call(one)


def row(claim: str, measured: float, limit: float) -> Row:
    """A ratio that must be reached."""
    return Row(claim=claim, measured=measured, limit=limit, sense=">=")
