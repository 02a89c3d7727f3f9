"""The core set of one person and of 1,000 people against the peers that compute most and fastest.

iglu-python computes the same set; glycosignal is the fastest peer of any coverage and computes
twelve of the numbers. Each side gets its data as it likes them: we a ``History``, peers a
``DataFrame``. Times are taken in turns in one process.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.row import Row, interleaved
from glykos.metrics import CORE, SENSOR_METRICS, Analysis, compute_from
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


def ours(history: History, keys: tuple[str, ...]) -> object:
    """Every metric named, and the profile."""
    window = history.span
    assert isinstance(window, Window)
    analysis = Analysis(history, window)
    return compute_from(analysis, keys=keys), profile(analysis)


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


def glycosignal(data: object) -> None:
    """Twelve numbers, each from the table as its documentation shows."""
    _twelve(data)


def glycosignal_prepared(data: object) -> None:
    """The same twelve numbers from a table that is checked and sorted only once."""
    from glycosignal.schemas import prepare

    _twelve(prepare(data))


def _twelve(ready: object) -> None:
    from glycosignal import metrics as peer

    for call in (peer.mean_glucose, peer.sd, peer.cv, peer.j_index, peer.lbgi, peer.hbgi, peer.gri):
        call(ready)
    peer.time_in_range_percent(ready, low=70.0, high=180.0)
    for limit in (54.0, 70.0):
        peer.time_below_range_percent(ready, threshold=limit)
    for limit in (180.0, 250.0):
        peer.time_above_range_percent(ready, threshold=limit)


def once(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure() -> list[Row]:
    """Ratios for one person, and for 1,000 people (peers: 20 people, scaled up)."""
    at, glucose = person(1)
    history, for_iglu, for_signal = (
        history_of(at, glucose),
        frame(at, glucose),
        signal_frame(at, glucose),
    )

    def ten_times(keys: tuple[str, ...]) -> None:
        # One call is shorter than the steps of a busy machine's scheduler.
        for _ in range(10):
            ours(history, keys)

    core, every, signal, prepared, slow = interleaved(
        [
            partial(ten_times, CORE),
            partial(ten_times, _EVERY),
            partial(glycosignal, for_signal),
            partial(glycosignal_prepared, for_signal),
            partial(iglu, for_iglu),
        ],
        rounds=7,
    )
    core, every = core / 10, every / 10

    people = [person(seed) for seed in range(PEOPLE)]
    histories = [history_of(*one) for one in people]
    signals = [signal_frame(*one) for one in people[:PEER_PEOPLE]]
    frames = [frame(*one) for one in people[:PEER_PEOPLE]]
    ours(histories[0], CORE)
    few_signal = once(lambda: [glycosignal(one) for one in signals])
    few_iglu = once(lambda: [iglu(one) for one in frames])
    many = once(lambda: [ours(one, CORE) for one in histories])
    scale = PEOPLE / PEER_PEOPLE
    print(
        f"  (one person, this run only: core {core * 1e3:.2f} ms, all sensor metrics {every * 1e3:.2f} ms)"
    )
    return [
        row("core set, 1 person x 14 d: iglu-python's time over ours", slow / core, 500),
        row("core set, 1 person x 14 d: glycosignal's twelve numbers over ours", signal / core, 8),
        row(
            "core set, 1 person x 14 d: the twelve from a table prepared once, over ours",
            prepared / core,
            1,
        ),
        row("all sensor metrics, 1 person x 14 d: iglu-python's core over ours", slow / every, 250),
        row(
            "core set, 1,000 people x 14 d: iglu-python's time over ours",
            few_iglu * scale / many,
            500,
        ),
        row("core set, 1,000 people x 14 d: glycosignal's over ours", few_signal * scale / many, 8),
    ]


def row(claim: str, measured: float, limit: float) -> Row:
    """A ratio that must be reached."""
    return Row(claim=claim, measured=measured, limit=limit, sense=">=")
