"""Count what labels show, to hold it against the configured statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.statistics import LEVEL_EDGES, OCCURS, Pair
from trainers.errors import CorpusError


@dataclass(frozen=True, eq=False)
class Measured:
    """What N frames show. A Action Units.

    Attributes:
        frames: N.
        base_rate: (A,) float64, fraction of frames with intensity >= 1.
        levels: (A, 5) float64, shares of the levels 1 to 5 among those frames; NaN for an AU that never
        occurs.
        phi: (A, A) float64, correlation of occurrence; NaN where an AU never or always occurs.
        events: (A,) int64, how often each AU began to occur, within a sequence or with it.
        violations: excluded pair -> number of frames that show both, for the pairs that were asked for.
    """

    frames: int
    base_rate: NDArray[np.float64]
    levels: NDArray[np.float64]
    phi: NDArray[np.float64]
    events: NDArray[np.int64]
    violations: dict[Pair, int]


def measure(
    intensity: NDArray[np.floating],
    *,
    starts: Sequence[int] | NDArray[np.integer] | None = None,
    aus: Sequence[str] = (),
    exclusions: Sequence[Pair] = (),
) -> Measured:
    """Count what labels show.

    Args:
        intensity: (N, A), 0 to 5, the frames of all sequences one after the other.
        starts: rows at which sequences begin; by default all rows are one sequence.
        aus: the A Action Units, needed to count exclusions.
        exclusions: pairs of AUs; pairs of which one is not in `aus` are passed over.

    Raises:
        CorpusError: if the intensities are no table with a row, or hold NaN.
    """
    if intensity.ndim != 2 or len(intensity) == 0 or np.isnan(intensity).any():
        raise CorpusError(f"intensities to count must be (frames, AUs) without NaN, not {intensity.shape}")
    active = intensity >= OCCURS
    level = levels_of(intensity)
    counts = np.stack([(level == k).sum(axis=0) for k in range(1, 6)], axis=1)
    began = active.copy()
    began[1:] &= ~active[:-1]
    if starts is not None:
        began[np.asarray(starts, dtype=np.int64)] = active[np.asarray(starts, dtype=np.int64)]
    with np.errstate(invalid="ignore", divide="ignore"):
        levels = counts / active.sum(axis=0)[:, None]
        phi = np.corrcoef(active.astype(np.float64), rowvar=False).reshape(active.shape[1], active.shape[1])
    column = {au: k for k, au in enumerate(aus)}
    return Measured(
        frames=len(intensity),
        base_rate=active.mean(axis=0),
        levels=levels,
        phi=phi,
        events=began.sum(axis=0),
        violations={
            (a, b): int((active[:, column[a]] & active[:, column[b]]).sum())
            for a, b in exclusions
            if a in column and b in column
        },
    )


def levels_of(intensity: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the FACS levels, 0 to 5, of intensities: 0 below 1, then the nearest whole number."""
    return np.asarray(np.digitize(intensity, LEVEL_EDGES[:-1]), dtype=np.int64)
