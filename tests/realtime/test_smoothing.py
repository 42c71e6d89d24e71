"""The temporal median against NumPy's, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.errors import OptionError
from realtime.smoothing import MedianSmoother
from realtime.types import Scores


def scores(*intensity: float) -> Scores:
    return Scores(None, np.array(intensity, np.float32), None)


@settings(max_examples=60, deadline=None)
@given(
    window=st.sampled_from([1, 3, 5, 9]),
    values=st.lists(st.lists(st.floats(0, 5, width=32), min_size=3, max_size=3), min_size=1, max_size=20),
)
def test_agrees_with_numpy(window: int, values: list[list[float]]) -> None:
    smoother = MedianSmoother(window)
    for k, row in enumerate(values):
        smooth = smoother.smooth(7, scores(*row))
        expected = np.median(np.array(values[max(0, k + 1 - window) : k + 1], np.float32), axis=0)
        assert smooth.au_intensity == pytest.approx(expected, abs=1e-6)


def test_a_single_frame_spike_is_removed_and_a_step_comes_late_by_the_delay() -> None:
    smoother = MedianSmoother(3)
    spike = [smoother.smooth(1, scores(v)).au_intensity[0] for v in (0, 0, 5, 0, 0)]
    assert spike == [0, 0, 0, 0, 0]
    step = [smoother.smooth(1, scores(v)).au_intensity[0] for v in (4, 4, 4)]
    assert step == [0, 4, 4]
    assert smoother.delay == 1


def test_tracks_do_not_mix_and_forgotten_ones_start_anew() -> None:
    smoother = MedianSmoother(3)
    for _ in range(3):
        smoother.smooth(1, scores(5))
    assert smoother.smooth(2, scores(1)).au_intensity == pytest.approx([1])
    smoother.forget(1)
    assert smoother.smooth(1, scores(0)).au_intensity == pytest.approx([0])
    smoother.smooth(2, scores(1))
    smoother.reset()
    assert smoother.smooth(2, scores(3)).au_intensity == pytest.approx([3])


@given(st.lists(st.lists(st.floats(0.0625, 1, width=32), min_size=4, max_size=4), min_size=1, max_size=8))
def test_expression_stays_a_distribution(rows: list[list[float]]) -> None:
    smoother = MedianSmoother(5)
    for row in rows:
        expression = np.array(row, np.float32) / np.float32(sum(row))
        smooth = smoother.smooth(1, Scores(None, None, expression)).expression
        assert smooth.sum() == pytest.approx(1.0, abs=1e-5)
        assert smooth.max() <= 1.0


def test_earlier_results_are_not_overwritten_by_later_ones() -> None:
    smoother = MedianSmoother(3)
    first = smoother.smooth(1, scores(1)).au_intensity
    smoother.smooth(1, scores(5))
    assert first == pytest.approx([1])


@pytest.mark.parametrize("window", [0, 2, -3])
def test_even_windows_are_refused(window: int) -> None:
    with pytest.raises(OptionError, match=f"window {window}.*odd"):
        MedianSmoother(window)
