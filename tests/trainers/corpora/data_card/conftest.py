"""A labelled corpus in memory: nine views, six subjects, rare and common AUs, a few expressions."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ArrayImages

AUS = ("AU01", "AU02", "AU06", "AU12", "AU28")
RATES = (0.2, 0.15, 0.4, 0.5, 0.03)


@pytest.fixture(scope="session")
def corpus():
    def make(n: int = 360, seed: int = 0, domain: str = "studio", name: str = "faces") -> Corpus:
        rng = np.random.default_rng(seed)
        active = rng.random((n, len(AUS))) < RATES
        intensity = np.where(active, rng.uniform(1, 5, active.shape), 0).astype(np.float32)
        view = rng.integers(1, 10, n)
        stray = rng.normal(0, 1, (n, 3))
        pose = np.stack([40 * ((view - 1) % 3 - 1), 30 * ((view - 1) // 3 - 1), 0 * view], axis=1) + stray
        number = rng.integers(0, 6, n)
        return Corpus(
            name=name,
            aus=AUS,
            images=ArrayImages(rng.integers(0, 256, (n, 12, 10, 3)).astype(np.uint8)),
            subject=np.array([f"S{k}" for k in number]),
            sequence=np.array([f"S{k}/T1" for k in number]),
            frame=np.arange(1, n + 1),
            intensity=intensity,
            occurrence=(intensity >= 1).astype(np.float32),
            expression=rng.choice(["", "fear", "happiness"], n, p=[0.8, 0.01, 0.19]),
            pose=pose.astype(np.float32),
            view=view.astype(np.str_),
            domain=np.full(n, domain),
            partition=np.array(["train", "train", "train", "validation", "test", "test"])[number],
            attributes={
                "age": 20.5 + 8 * number,
                "gender": np.where(number % 2, "female", "male"),
                "glasses": np.zeros(n, dtype=np.bool_),
                "gaze": stray[:, :2],
            },
        )

    return make
