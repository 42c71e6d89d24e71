"""The person's own resting scores: what the networks say of them when they do nothing.

One picture does not tell raised brows from high ones, so a network that has never seen somebody reads a part
of their looks as Action Units. Whoever watches them for a while can tell: looks stay, actions pass.
"""

from __future__ import annotations

import math

import numpy as np

from realtime.calibration.resting_level import RestingLevel
from realtime.types import TOP_INTENSITY, Pose, Scores


class RestingScores:
    """Measures each track's AU scores from where they lie at rest.

    A score s of 0-1 (an intensity's fifth) and its resting level r give max(s - r, 0) / (1 - r): rest is 0,
    the top stays the top, and what lies between keeps its order. r is at most `share`, so that an expression
    held from the first frame on is weakened but not swallowed: with a share of 0.3 an intensity of 3 becomes
    2.1 at worst, one of 1.5 or less 0. Expressions stay as they are.

    The rest is learnt from 0 within seconds, sooner than blendshapes: `share` bounds what a wrong one costs.
    """

    def __init__(
        self,
        aus: int,
        share: float,
        *,
        quantile: float = 0.2,
        window: float = 60.0,
        rate: float = 4.0,
        prior: float = 1.0,
        max_angle: float = math.radians(15.0),
    ) -> None:
        """Nobody is known yet.

        Args:
            aus: A, how many AUs.
            share: most of a score's range that may be taken for rest, 0 to below 1.
            quantile, window, rate, prior, max_angle: see `RestingLevel`.
        """
        self._aus = aus
        self._share = np.float32(share)
        nothing = np.zeros(2 * aus, np.float32)
        self._level = RestingLevel(
            nothing, quantile, window=window, rate=rate, prior=prior, max_angle=max_angle
        )

    def measure(self, track_id: int, scores: Scores, t: float, pose: Pose | None = None) -> Scores:
        """Learn from one frame of one track, and return its scores measured from rest.

        Args:
            track_id: identity within the stream.
            scores: as the networks give them.
            t: seconds, on any clock that is the same for all frames of the track.
            pose: head rotation; None if unknown, which counts as frontal.
        """
        if self._share <= 0.0:
            return scores
        values = np.zeros(2 * self._aus, np.float32)
        occurrence, intensity = values[: self._aus], values[self._aus :]
        if scores.au_occurrence is not None:
            occurrence[:] = scores.au_occurrence
        if scores.au_intensity is not None:
            intensity[:] = scores.au_intensity / np.float32(TOP_INTENSITY)
        rest = np.minimum(self._level.update(track_id, values, t, pose), self._share)
        acted = np.maximum(values - rest, 0) / (1 - rest)
        acted = acted.astype(np.float32, copy=False)
        return Scores(
            None if scores.au_occurrence is None else acted[: self._aus],
            None if scores.au_intensity is None else acted[self._aus :] * np.float32(TOP_INTENSITY),
            scores.expression,
        )

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; an unknown one is fine."""
        self._level.forget(track_id)

    def reset(self) -> None:
        """Drop all tracks."""
        self._level.reset()
