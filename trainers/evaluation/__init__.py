"""A corpus as the runtime sees it: its faces tracked, cut out and scored by the code that runs live."""

from trainers.corpora.viewpoints import Viewpoints, viewpoints
from trainers.evaluation.crops import Crops, crops
from trainers.evaluation.found import FoundShare, found_per_pose, share_found
from trainers.evaluation.pose_accuracy import PoseCalibration, PoseError, pose_error
from trainers.evaluation.predicting import Predictions, predict
from trainers.evaluation.tracked import Tracked
from trainers.evaluation.tracking import track

__all__ = [
    "Crops",
    "FoundShare",
    "PoseCalibration",
    "PoseError",
    "Predictions",
    "Tracked",
    "Viewpoints",
    "crops",
    "found_per_pose",
    "pose_error",
    "predict",
    "share_found",
    "track",
    "viewpoints",
]
