"""Histogram equalisation, by hand and against OpenCV's."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.equalisation import equalised


def gradual(shape=(40, 30), low=90, high=130, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.uint8)


@pytest.mark.parametrize(
    "grey",
    [
        gradual(),
        gradual((7, 5), 0, 256),
        gradual((301, 211), 3, 250, seed=4),
        np.repeat(np.array([[0, 255]], np.uint8), 9, axis=0),
        np.array([[7, 7, 7, 9]], np.uint8),
        np.full((5, 5), 130, np.uint8),
    ],
)
def test_histograms_are_equalised_as_opencv_does(grey) -> None:
    cv2 = pytest.importorskip("cv2")
    assert np.array_equal(equalised(grey), cv2.equalizeHist(grey))


def test_equalised_greys_are_shares_of_brighter_pixels() -> None:
    # Of the four pixels that are not the darkest, one is up to 60, two up to 70, four up to 80.
    grey = np.array([[50, 50, 60, 70, 80, 80]], np.uint8)
    assert equalised(grey).tolist() == [[0, 0, 64, 128, 255, 255]]
    same = np.full((2, 2), 9, np.uint8)
    assert np.array_equal(equalised(same), same)


def test_the_light_does_not_matter() -> None:
    dark = gradual((50, 50), 0, 100, seed=2)
    assert np.array_equal(equalised(dark), equalised(dark * 2 + 30))
