"""Posed Action Units: each as often as every other, none beside one that excludes it."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.behaviour import AUS, default_statistics, posed
from trainers.corpora.behaviour.posed import FAINTEST, TOGETHER

MOMENTS = 6000


@pytest.fixture(scope="module")
def moments() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array([posed(rng, default_statistics()) for _ in range(MOMENTS)])


def test_each_au_is_posed_about_as_often(moments) -> None:
    rate = (moments > 0).mean(axis=0)
    # AUs with many exclusions are passed over a little more often.
    assert rate.min() > 0.7 * rate.mean() and rate.max() < 1.3 * rate.mean()


def test_intensities_are_spread_evenly(moments) -> None:
    shown = moments[moments > 0]
    assert shown.min() >= FAINTEST and shown.max() <= 5
    assert np.histogram(shown, 9, (FAINTEST, 5))[0].std() < 0.06 * len(shown) / 9


def test_as_many_come_together_as_is_said(moments) -> None:
    count = np.bincount((moments > 0).sum(axis=1), minlength=len(TOGETHER)) / MOMENTS
    assert np.abs(count - TOGETHER).max() < 0.02


def test_nothing_excluded_comes_together(moments) -> None:
    for one, other in default_statistics().exclusions:
        pair = moments[:, [AUS.index(one), AUS.index(other)]]
        assert not (pair > 0).all(axis=1).any(), (one, other)
