"""The extent of landmarks, and how far two overlap, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from realtime.tracking.extent import extent_of, overlap


@settings(deadline=None)
@given(arrays(np.float32, (9, 3), elements=st.floats(-50, 150, width=32)))
def test_agrees_with_numpy(landmarks: np.ndarray) -> None:
    extent = extent_of(landmarks, 100, 80)
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    assert extent[:4] == pytest.approx((*low, *(high - low)), abs=1e-4)
    assert extent.centre == pytest.approx((low + high) / 2, abs=1e-4)
    x, y = landmarks[:, 0], landmarks[:, 1]
    assert extent.inside == pytest.approx(np.mean((x >= 0) & (x < 100) & (y >= 0) & (y < 80)))


boxes = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20))


@given(boxes, boxes)
def test_overlap_is_that_of_painted_rectangles(one: tuple, other: tuple) -> None:
    painted = np.zeros((2, 40, 40), bool)
    for picture, (x, y, width, height) in zip(painted, (one, other), strict=True):
        picture[y : y + height, x : x + width] = True
    expected = painted.all(axis=0).sum() / painted.any(axis=0).sum()
    assert overlap(one, other) == pytest.approx(expected)
