"""Small random corpora: uneven subjects, some views, gaps in the labels, rows in no order."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ArrayImages


@pytest.fixture(scope="session")
def corpus():
    def make(
        frames: list[int],
        seed: int = 0,
        name: str = "open",
        aus: tuple[str, ...] = ("AU01", "AU02", "AU12"),
        views: tuple[str, ...] = ("",),
        rates: tuple[float, ...] | None = None,
        gaps: float = 0.1,
    ) -> Corpus:
        """A corpus of len(frames) subjects with that many rows each, shuffled."""
        rng = np.random.default_rng(seed)
        n = sum(frames)
        subject = rng.permutation(np.repeat([f"S{k:02d}" for k in range(len(frames))], frames))
        active = rng.random((n, len(aus))) < (rates or [0.4] * len(aus))
        intensity = np.where(active, rng.integers(1, 6, active.shape), 0).astype(np.float32)
        intensity[rng.random(active.shape) < gaps] = np.nan
        return Corpus(
            name=name,
            aus=aus,
            images=ArrayImages(rng.integers(0, 256, (n, 2, 2, 3)).astype(np.uint8)),
            subject=subject,
            sequence=np.char.add(subject, "/T1"),
            frame=np.arange(1, n + 1),
            intensity=intensity,
            occurrence=np.where(np.isnan(intensity), np.nan, intensity > 0).astype(np.float32),
            view=rng.choice(views, n),
        )

    return make
