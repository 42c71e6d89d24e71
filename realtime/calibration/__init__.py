"""What each person looks like at rest, learnt while they are watched, so that AUs are measured from there."""

from realtime.calibration.calibration import Calibration
from realtime.calibration.neutral_face import RESTING, NeutralBaseline
from realtime.calibration.resting_level import RestingLevel
from realtime.calibration.resting_scores import RestingScores

__all__ = ["RESTING", "Calibration", "NeutralBaseline", "RestingLevel", "RestingScores"]
