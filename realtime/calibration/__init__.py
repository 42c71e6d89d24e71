"""What each person looks like at rest, learnt while they are watched, so that AUs are measured from there."""

from realtime.calibration.calibration import Calibration
from realtime.calibration.mean_face import MeanFaces
from realtime.calibration.neutral_face import FRONTAL_DEGREES, RESTING, NeutralBaseline
from realtime.calibration.resting_level import QUANTILE, RestingLevel
from realtime.calibration.resting_scores import RestingScores

__all__ = [
    "FRONTAL_DEGREES",
    "QUANTILE",
    "RESTING",
    "Calibration",
    "MeanFaces",
    "NeutralBaseline",
    "RestingLevel",
    "RestingScores",
]
