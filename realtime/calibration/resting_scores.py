"""The person's own resting scores: what the networks say of them when they do nothing.

One picture does not tell raised brows from high ones, so a network that has never seen somebody reads a part
of their looks as Action Units. Whoever watches them for a while can tell: looks stay, actions pass.
"""

from __future__ import annotations

import numpy as np

from realtime.calibration.resting_level import RestingLevel
from realtime.types import TOP_INTENSITY, Scores

# Seconds in view after which a person's own rest counts for half: sooner than with blendshapes, since `share`
# bounds what a wrong one costs.
PRIOR_S = 1.0
# Keeps the ratio of two intensities of 0 at 1; a hundredth of the range.
TINY = np.float32(0.01)


class RestingScores:
    """Measures each track's AU scores from where they lie at rest.

    An intensity s, as a part of the range, with its resting level r becomes max(s - r, 0) / (1 - r): rest is
    0, the top stays the top, and what lies between keeps its order. r is at most `share`, so that an
    expression held for most of the time is weakened but not swallowed: with a share of 0.3 an intensity of 3
    becomes 2.1 at worst, one of 1.5 or less 0. Occurrence keeps the part that its intensity keeps; in bundles
    without intensities it is treated as those. Expressions stay as they are.

    Heads learn at every pose: what is turned away reads low at times, so the low quantile errs on the side of
    leaving scores alone.
    """

    def __init__(self, aus: int, share: float) -> None:
        """Nobody is known yet.

        Args:
            aus: A, how many AUs.
            share: most of a score's range that may be taken for rest, 0 to below 1.
        """
        self._share = np.float32(share)
        self._level = RestingLevel(np.zeros(aus, np.float32), prior=PRIOR_S)

    def measure(self, track_id: int, scores: Scores, t: float) -> Scores:
        """Return a track's scores of one frame, measured from its rest so far, then learn from them.

        Args:
            track_id: identity within the stream.
            scores: as the networks give them.
            t: seconds, on any clock that is the same for all frames of the track.
        """
        occurrence, intensity = scores.au_occurrence, scores.au_intensity
        if self._share <= 0.0 or (occurrence is None and intensity is None):
            return scores
        said = occurrence if intensity is None else intensity / np.float32(TOP_INTENSITY)
        assert said is not None
        rest = np.minimum(self._level.of(track_id), self._share)
        self._level.update(track_id, said, t)
        acted = (np.maximum(said - rest, 0) / (1 - rest)).astype(np.float32, copy=False)
        if intensity is None:
            return Scores(acted, None, scores.expression)
        if occurrence is not None:
            occurrence = occurrence * ((acted + TINY) / (said + TINY))
        return Scores(occurrence, acted * np.float32(TOP_INTENSITY), scores.expression)

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; an unknown one is fine."""
        self._level.forget(track_id)

    def reset(self) -> None:
        """Drop all tracks."""
        self._level.reset()
