"""How far the estimated head pose is from the labelled one, and a calibration that brings it nearer.

MediaPipe fits a rigid average face to the landmarks and its matrix shrinks pitch: on renders to about 0.7
of the truth. A straight line per axis, fitted on one corpus and undone on another, is all that it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError
from trainers.evaluation.found import WITHIN, within_angles
from trainers.evaluation.tracked import Tracked

AXES = ("yaw", "pitch", "roll")
# Below this slope the estimate does not follow the truth, and dividing by it would only blow up noise.
LEAST_SLOPE = 0.1


class PoseError(NamedTuple):
    """Mean absolute errors in degrees over `faces` faces; NaN for an axis without labels."""

    yaw: float
    pitch: float
    roll: float
    faces: int


@dataclass(frozen=True)
class PoseCalibration:
    """estimate = slope * truth + offset, axis by axis.

    Attributes:
        slope, offset: yaw, pitch, roll; offsets in degrees.
    """

    slope: tuple[float, float, float]
    offset: tuple[float, float, float]

    @classmethod
    def fit(cls, corpus: Corpus, tracked: Tracked, within: tuple[float, float] = WITHIN) -> PoseCalibration:
        """Fit the lines by least squares on the found faces within these degrees of yaw and pitch.

        An axis whose truth does not vary gets slope 1 and the mean difference as its offset, one without
        labels slope 1 and offset 0.

        Raises:
            ProtocolError: if an estimate does not rise with the truth.
        """
        rows = _compared(corpus, tracked, within)
        lines = []
        for axis, name in enumerate(AXES):
            truth, estimate = corpus.pose[rows, axis].astype(float), tracked.pose[rows, axis].astype(float)
            truth, estimate = truth[~np.isnan(truth)], estimate[~np.isnan(truth)]
            if len(truth) == 0:
                lines.append((1.0, 0.0))
            elif np.ptp(truth) < 1.0:
                lines.append((1.0, float((estimate - truth).mean())))
            else:
                slope, offset = np.polyfit(truth, estimate, 1)
                if slope < LEAST_SLOPE:
                    raise ProtocolError(
                        f"pose calibration on corpus {corpus.name}: estimated {name} does not follow the "
                        f"labels (slope {slope:.2f} over {len(truth)} faces); check the sign of the labels"
                    )
                lines.append((float(slope), float(offset)))
        slopes, offsets = zip(*lines, strict=True)
        return cls(slopes, offsets)

    def apply(self, pose: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the (n, 3) degrees that were most likely the truth of these estimates."""
        return (np.asarray(pose, dtype=np.float64) - self.offset) / self.slope


def pose_error(
    corpus: Corpus,
    tracked: Tracked,
    within: tuple[float, float] = WITHIN,
    calibration: PoseCalibration | None = None,
) -> PoseError:
    """Return the mean absolute error of the found faces within these degrees of labelled yaw and pitch."""
    rows = _compared(corpus, tracked, within)
    estimate = tracked.pose[rows].astype(np.float64)
    if calibration is not None:
        estimate = calibration.apply(estimate)
    # Angles that differ by a full turn are the same.
    error = np.abs((estimate - corpus.pose[rows] + 180.0) % 360.0 - 180.0)
    known = ~np.isnan(error)
    totals, counts = np.where(known, error, 0.0).sum(axis=0), known.sum(axis=0)
    means = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
    return PoseError(float(means[0]), float(means[1]), float(means[2]), len(rows))


def _compared(corpus: Corpus, tracked: Tracked, within: tuple[float, float]) -> NDArray[np.int64]:
    tracked.check(corpus)
    return np.flatnonzero(tracked.found & within_angles(corpus.pose, within))
