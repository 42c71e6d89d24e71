"""The running mean of a person's crops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.calibration import MeanFaces


def crops(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 1, 4, 3)).astype(np.float32)


def test_of_somebody_new_it_is_the_face_itself() -> None:
    (crop,) = crops(0, 1)
    np.testing.assert_array_equal(MeanFaces().update(1, crop, 3.0), crop)


@given(st.integers(0, 2**16), st.integers(1, 40))
@settings(deadline=None, max_examples=30)
def test_while_the_window_lasts_it_is_the_mean_of_the_samples(seed, n) -> None:
    means = MeanFaces(window=20.0, rate=2.0)
    seen = crops(seed, n)
    for number, crop in enumerate(seen):
        found = means.update(1, crop, number / 2)
    np.testing.assert_allclose(found, seen.mean(axis=0), atol=1e-5)


def test_what_is_long_ago_fades() -> None:
    means = MeanFaces(window=5.0, rate=4.0)
    for number in range(20):
        means.update(1, np.zeros((1, 2, 2), np.float32), number / 4)
    for number in range(20, 100):
        found = means.update(1, np.ones((1, 2, 2), np.float32), number / 4)
    assert 0.97 < found.min() <= found.max() < 1.0


def test_cameras_of_all_rates_agree() -> None:
    found = {}
    for fps in (12, 60):
        means = MeanFaces()
        for number in range(10 * fps):
            second = number / fps
            found[fps] = means.update(1, np.full((1, 2, 2), np.floor(second * 4), np.float32), second)
    np.testing.assert_allclose(found[12], found[60], atol=1e-4)


def test_people_are_kept_apart_and_forgotten() -> None:
    means = MeanFaces()
    one, other = crops(1, 2)
    means.update(1, one, 0.0)
    np.testing.assert_array_equal(means.update(2, other, 0.3), other)
    means.forget(1)
    means.forget(7)
    np.testing.assert_array_equal(means.update(1, other, 0.6), other)
    means.reset()
    np.testing.assert_array_equal(means.update(2, one, 0.9), one)


def test_a_mean_that_was_handed_out_stays_as_it_is() -> None:
    means = MeanFaces()
    one, other = crops(2, 2)
    first = means.update(1, one, 0.0)
    kept = first.copy()
    means.update(1, other, 1.0)
    np.testing.assert_array_equal(first, kept)
    with pytest.raises(ValueError, match="read-only"):
        first[:] = 0


@pytest.mark.parametrize("options", [{"window": 0.0}, {"rate": -1.0}, {"window": 0.1, "rate": 4.0}])
def test_numbers_out_of_range_are_refused(options) -> None:
    with pytest.raises(ValueError, match=r"^window .*, rate .*: must be above 0"):
        MeanFaces(**options)
