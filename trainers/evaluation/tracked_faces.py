"""A corpus' tracked faces as the tracker hands them on live, and as networks take them in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from realtime.calibration import RESTING
from realtime.heads import INPUTS
from realtime.routing import PoseRouter
from realtime.types import Face, Pose
from trainers.corpora.corpus import Corpus
from trainers.evaluation.crops import Crops, crops
from trainers.evaluation.tracked import Tracked

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from engines.manifest import CropInput


class TrackedFaces:
    """The faces found in a corpus' pictures.

    Args:
        crop: what crops to cut; None if no network takes any.
    """

    def __init__(self, corpus: Corpus, tracked: Tracked, crop: CropInput | None) -> None:
        self._tracked = tracked
        self._subject = corpus.subject
        self._means: dict[str, NDArray[np.float32]] = {}
        self._crops: Crops | None = crops(corpus, tracked, crop) if crop else None

    def at(self, row: int, track_id: int = 0) -> Face:
        """Return the face found in one picture; there must be one (`Tracked.found`)."""
        landmarks = self._tracked.landmarks[row]
        left, top = landmarks[:, :2].min(axis=0)
        right, bottom = landmarks[:, :2].max(axis=0)
        yaw, pitch, roll = (math.radians(angle) for angle in self._tracked.pose[row])
        return Face(
            track_id=track_id,
            bbox=(float(left), float(top), float(right - left), float(bottom - top)),
            landmarks=landmarks,
            blendshapes=self._tracked.blendshapes[row],
            pose=Pose(yaw=yaw, pitch=pitch, roll=roll),
            confidence=1.0,  # no head reads it
            crop=None if self._crops is None else self._crops[row],
        )

    def mean_of(self, row: int) -> NDArray[np.float32]:
        """Return the mean of all crops of the person in one picture, as bundles that want it were trained."""
        assert self._crops is not None
        subject = str(self._subject[row])
        if subject not in self._means:
            rows = np.flatnonzero((self._subject == subject) & self._tracked.found)
            self._means[subject] = np.mean([self._crops[k] for k in rows.tolist()], axis=0, dtype=np.float32)
        return self._means[subject]


def network_inputs(
    bundle: Bundle, corpus: Corpus, tracked: Tracked, rows: Iterable[int]
) -> dict[str, list[dict[str, NDArray[np.float32]]]]:
    """Return what each of a bundle's models is fed for these pictures, by the model that serves their pose.

    Args:
        rows: in which a face was found.

    Returns:
        File name of the model -> one dictionary a face, input name -> (1, ...).
    """
    manifest = bundle.manifest
    faces = TrackedFaces(corpus, tracked, manifest.crop)
    router = PoseRouter(manifest.pose_groups)
    model_of = {group.name: group.model for group in manifest.pose_groups}
    inputs: dict[str, list[dict[str, NDArray[np.float32]]]] = {model: [] for model in bundle.models}
    for row in rows:
        face = faces.at(row)
        face.neutral = RESTING
        if manifest.needs_mean_crop:
            face.mean_crop = faces.mean_of(row)
        router.route([face])
        fed = {name: INPUTS[spec.kind]([face]) for name, spec in manifest.inputs.items()}
        inputs[model_of[face.pose_group]].append(fed)
    return inputs
