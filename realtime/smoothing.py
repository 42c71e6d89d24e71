"""The temporal median filter of the FERA-2017 system, causal, per track and per score.

Zhou, Pi and Shi, "Pose-independent Facial Action Unit Intensity Regression Based on Multi-task Deep
Transfer Learning" (FG 2017) filter each AU's intensity over time with a median of length 3. There the
filter is centred; a live filter can only look back, so ours lags by (window - 1) / 2 frames and says so
in `filter_delay`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from realtime.errors import OptionError
from realtime.types import Scores


class MedianSmoother:
    """Medians of the latest `window` scores of each track."""

    def __init__(self, window: int = 3) -> None:
        if window < 1 or window % 2 == 0:
            raise OptionError(f"median window {window}: must be odd, 1 or more frames (1 is no filter)")
        self.window = window
        self._tracks: dict[int, _History] = {}

    @property
    def delay(self) -> int:
        """Frames by which a filtered change lags the raw one, once the window has filled."""
        return (self.window - 1) // 2

    def open(self) -> None:
        """Compile the filter, or load its machine code, ahead of the first frame."""
        median_of_rows(np.zeros((1, 1), np.float32), 1, np.zeros(1, np.float32))
        scale_to_one(np.zeros(1, np.float32))

    def smooth(self, track_id: int, scores: Scores) -> Scores:
        """Take a track's scores of one frame and return the filtered ones.

        While fewer than `window` frames of the track have been seen, the median is over those seen (the
        mean of the middle two for an even count). Expression probabilities are scaled to sum to 1 again.
        """
        if self.window == 1:
            return scores
        parts = (scores.au_occurrence, scores.au_intensity, scores.expression)
        values = np.concatenate([part for part in parts if part is not None])
        history = self._tracks.get(track_id)
        if history is None:
            history = self._tracks[track_id] = _History(self.window, values.size)
        median = history.push(values)
        return _split_like(scores, median)

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended."""
        self._tracks.pop(track_id, None)

    def reset(self) -> None:
        """Drop all tracks: the source has restarted."""
        self._tracks.clear()


class _History:
    """Ring buffer of one track's latest score vectors."""

    __slots__ = ("_ring", "_seen")

    def __init__(self, window: int, size: int) -> None:
        self._ring = np.zeros((window, size), dtype=np.float32)
        self._seen = 0

    def push(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        window, size = self._ring.shape
        self._ring[self._seen % window] = values
        self._seen += 1
        median = np.empty(size, dtype=np.float32)
        median_of_rows(self._ring, min(self._seen, window), median)
        return median


@compiled
def median_of_rows(rows: NDArray[np.float32], count: int, median: NDArray[np.float32]) -> None:
    """Write into `median` (k,) the column medians of the first `count` rows of `rows` (n, k).

    Rows need no order in time: a median does not see it. For small windows an insertion sort of each
    column beats `np.median` some fifty times, whose overhead is all set-up.
    """
    column = np.empty(count, dtype=np.float32)
    for k in range(rows.shape[1]):
        for i in range(count):
            value = rows[i, k]
            j = i
            while j > 0 and column[j - 1] > value:
                column[j] = column[j - 1]
                j -= 1
            column[j] = value
        half = count // 2
        if count % 2 == 1:
            median[k] = column[half]
        else:
            median[k] = (column[half - 1] + column[half]) * np.float32(0.5)


@compiled
def scale_to_one(probabilities: NDArray[np.float32]) -> None:
    """Scale probabilities (k,) in place so that they sum to 1; zeros stay."""
    total = np.float32(0.0)
    for probability in probabilities:
        total += probability
    if total > 0:
        for k in range(len(probabilities)):
            probabilities[k] = min(probabilities[k] / total, np.float32(1.0))


def _split_like(scores: Scores, flat: NDArray[np.float32]) -> Scores:
    """Cut a concatenated score vector into the parts that `scores` has."""
    start = 0
    cut: list[NDArray[np.float32] | None] = []
    for part in (scores.au_occurrence, scores.au_intensity, scores.expression):
        if part is None:
            cut.append(None)
        else:
            cut.append(flat[start : start + part.size])
            start += part.size
    occurrence, intensity, expression = cut
    if expression is not None:
        scale_to_one(expression)
    return Scores(occurrence, intensity, expression)
