"""Stage times: percentiles as NumPy's, in a ring that forgets."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.stage_times import StageTimes


def test_percentiles_agree_with_numpy() -> None:
    times = StageTimes(["track"])
    values = np.random.default_rng(0).exponential(0.01, 500)
    for value in values:
        times.record("track", value)
    expected = np.percentile(values, (50, 95, 99))
    assert list(times.percentiles("track").values()) == pytest.approx(expected, rel=1e-5)


def test_only_the_latest_are_kept_and_counted_all() -> None:
    times = StageTimes(["track"], keep=10)
    for value in range(25):
        times.record("track", float(value))
    assert times.count("track") == 25
    assert times.percentiles("track")[50] == pytest.approx(np.median(range(15, 25)))
    assert times.percentiles("track", latest=3)[50] == pytest.approx(23)


def test_nothing_recorded_says_nothing() -> None:
    assert StageTimes(["track"]).percentiles("track") == {}
