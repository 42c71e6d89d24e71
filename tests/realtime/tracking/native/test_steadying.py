"""The 1 Euro filter on landmarks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.native.steadying import Steady


def one_euro(values: list[float], times: list[float], size: float) -> list[float]:
    """The filter by the paper's pseudo-code, for one coordinate."""
    smooth, speed, out = values[0], 0.0, [values[0]]
    for k in range(1, len(values)):
        rate = 1 / (times[k] - times[k - 1])

        def alpha(cutoff: float, rate: float = rate) -> float:
            return 1 / (1 + rate / (2 * math.pi * cutoff))

        change = (values[k] - values[k - 1]) * rate / size
        speed = alpha(1.0) * change + (1 - alpha(1.0)) * speed
        share = alpha(0.05 + 80 * abs(speed))
        smooth = share * values[k] + (1 - share) * smooth
        out.append(smooth)
    return out


@settings(deadline=None)
@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=12),
    st.lists(st.floats(0.001, 0.5), min_size=12, max_size=12),
)
def test_each_coordinate_is_filtered_as_the_paper_says(values: list[float], steps: list[float]) -> None:
    times = np.cumsum([1.0, *steps])[: len(values)].tolist()
    steady = Steady()
    seen = []
    for value, t in zip(values, times, strict=True):
        # Four far points keep the face's size at 200 px, whatever the fifth does.
        landmarks = np.array([[-100, -100, 0], [100, 100, 0], [-100, 100, 0], [100, -100, 0], [value, 0, 0]])
        seen.append(float(steady(landmarks.astype(np.float32), t)[4, 0]))
    wanted = one_euro([float(np.float32(value)) for value in values], times, 200.0)
    assert seen == pytest.approx(wanted, abs=1e-4)


def test_a_still_face_trembles_less_and_a_moving_one_does_not_lag() -> None:
    rng = np.random.default_rng(0)
    face = rng.uniform(0, 100, (478, 3)).astype(np.float32)
    steady = Steady()
    noisy = [face + rng.normal(0, 0.2, face.shape).astype(np.float32) for _ in range(60)]
    smooth = [steady(points, number / 30) for number, points in enumerate(noisy)]
    assert np.std(smooth[30:], axis=0).mean() < 0.5 * np.std(noisy[30:], axis=0).mean()
    steady = Steady()
    for number in range(30):
        moved = face + np.float32(4.0 * number)  # more than a face's width a second
        last = steady(moved, number / 30)
    assert np.abs(last - moved).mean() < 1.0


def test_time_that_stands_still_changes_nothing() -> None:
    face = np.random.default_rng(0).uniform(0, 100, (478, 3)).astype(np.float32)
    steady = Steady()
    steady(face, 1.0)
    np.testing.assert_array_equal(steady(face + 5, 1.0), face + 5)


def test_a_face_of_one_point_is_left_alone() -> None:
    steady = Steady()
    point = np.ones((478, 3), np.float32)
    steady(point, 0.0)
    np.testing.assert_array_equal(steady(point * 2, 0.1), point * 2)
