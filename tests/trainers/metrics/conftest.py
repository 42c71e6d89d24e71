"""Random labels and predictions with the troubles of real ones: gaps, ties, rare AUs, uneven subjects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest


class Rows(NamedTuple):
    occurrence: np.ndarray  # (n, A) 0, 1, NaN
    intensity: np.ndarray  # (n, A) 0 to 5, NaN
    scores: np.ndarray  # (n, A) in tenths, so that some tie; NaN
    subject: np.ndarray  # (n,)


@pytest.fixture(scope="session")
def rows():
    def make(seed: int, n: int = 200, aus: int = 4, subjects: int = 6, gaps: float = 0.1) -> Rows:
        rng = np.random.default_rng(seed)
        intensity = rng.integers(0, 6, (n, aus)) * (rng.random((n, aus)) < rng.uniform(0.05, 0.9, aus))
        occurrence = (intensity > 0).astype(np.float32)
        scores = np.round(intensity / 5 + rng.normal(0, 0.5, (n, aus)), 1)
        labels = np.where(rng.random((n, aus)) < gaps, np.nan, intensity).astype(np.float32)
        occurrence[np.isnan(labels)] = np.nan
        scores[rng.random((n, aus)) < gaps / 3] = np.nan
        subject = np.array([f"S{k:02d}" for k in rng.integers(0, subjects, n) ** 2 // subjects])
        return Rows(occurrence, labels, scores, subject)

    return make
