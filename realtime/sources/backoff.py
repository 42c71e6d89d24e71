"""How long to wait before a lost camera is asked again."""

from __future__ import annotations

import random

FIRST_S, USUAL_S, MOST_S = 0.1, 1.0, 10.0
"""The first wait, the longest while the camera may be back any moment, the longest after hours."""
RELAXES_S = 60.0
"""A camera that has been away for so many seconds may be asked once a second, for twice as many every two."""

REFUSED_S = 60.0
"""The longest wait, at once, when the camera has refused the password: many lock who fails at it often."""


def backoff(attempt: int, away_s: float, draw: random.Random, *, refused: bool = False) -> float:
    """Return seconds to wait before an attempt.

    Doubling from a tenth of a second to one, so that a server that restarts is found at once; then growing
    with the time it has been away, so that one that was switched off is left alone. Between half and all of
    that, by chance, so that the cameras of a server that was away do not all ask in the same moment.

    Args:
        attempt: counted from 0.
        away_s: since the camera was lost.
        draw: decides about chance.
        refused: the attempt before this was answered, with a no.
    """
    quick = min(USUAL_S, FIRST_S * 2.0 ** min(attempt, 16))
    longest = REFUSED_S if refused else max(quick, min(MOST_S, away_s / RELAXES_S))
    return longest * draw.uniform(0.5, 1.0)
