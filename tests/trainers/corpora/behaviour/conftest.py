"""Behaviour drawn once for the tests that count it."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.behaviour import AUS, default_statistics, measure, spontaneous_sequences
from trainers.corpora.behaviour.measured import Measured

SEQUENCES, FRAMES = 3000, 12


@pytest.fixture(scope="session", params=[0.5, 5.0, 30.0], ids=lambda fps: f"{fps:g}fps")
def counted(request: pytest.FixtureRequest) -> Measured:
    drawn = spontaneous_sequences(np.random.default_rng(2024), SEQUENCES, FRAMES, fps=request.param)
    return measure(
        np.concatenate([sequence.intensity for sequence in drawn]),
        starts=range(0, SEQUENCES * FRAMES, FRAMES),
        aus=AUS,
        exclusions=list(default_statistics().exclusions),
    )
