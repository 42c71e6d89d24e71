"""The tracker: a frame in, its faces out, each with landmarks, pose, stable identity and aligned crop."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engines.manifest import CropInput
from realtime.openable import Openable
from realtime.tracking.crop import CutsCrops
from realtime.tracking.extent import extent_of
from realtime.tracking.identity import Identities
from realtime.tracking.landmarker import Landmarker
from realtime.tracking.pose import pose_from_matrix
from realtime.types import Face, Frame


class Tracker(Protocol):
    """What follows faces through frames; a context manager."""

    @property
    def alive(self) -> frozenset[int]:
        """Ids of the tracks that are followed or still waited for."""

    def open(self) -> None:
        """Load what it needs. Raises LiveFacsError."""

    def track(self, frame: Frame) -> list[Face]:
        """Return the faces of one frame, sorted by track id."""

    def reset(self) -> None:
        """End all tracks: the source has restarted."""

    def close(self) -> None:
        """Free everything. Safe to call twice."""


class FaceTracker(Openable):
    """Tracks the faces that a landmarker finds."""

    def __init__(self, landmarker: Landmarker, *, crop: CropInput | None = None) -> None:
        """Set up, without loading anything.

        Args:
            landmarker: what finds the faces; opened and closed by the tracker.
            crop: what crops to cut; None if no head needs any.
        """
        self._landmarker = landmarker
        self._identities = Identities()
        self._crop = crop
        self._align: CutsCrops | None = None

    @property
    def alive(self) -> frozenset[int]:
        """Ids of the tracks that are followed or still waited for."""
        return self._identities.alive

    def open(self) -> None:
        """Load the face networks, and compile or load the machine code. Raises LiveFacsError."""
        self._landmarker.open()
        image, landmarks = np.zeros((8, 8, 3), np.uint8), np.zeros((478, 3), np.float32)
        extent = extent_of(landmarks, 8, 8)
        identities = Identities()
        for t in (0.0, 0.1):
            identities.assign(image, [landmarks], [extent], t)
        if self._crop:
            self._align = self._landmarker.aligner(self._crop)
            self._align(image, landmarks)

    def track(self, frame: Frame) -> list[Face]:
        """Return the faces of one frame, sorted by track id."""
        t = frame.stream_time
        found = self._landmarker.detect(frame.image, t)
        landmarks = [face.landmarks for face in found]
        extents = [extent_of(points, *frame.size) for points in landmarks]
        ids = self._identities.assign(frame.image, landmarks, extents, t)
        faces = [
            Face(
                track_id=track_id,
                bbox=extent[:4],
                landmarks=detection.landmarks,
                blendshapes=detection.blendshapes,
                pose=pose_from_matrix(detection.matrix),
                # The networks give no score per face; being cut off by the border is the one visible doubt.
                confidence=extent.inside,
                crop=self._align(frame.image, detection.landmarks) if self._align else None,
            )
            for track_id, detection, extent in zip(ids, found, extents, strict=True)
            if track_id is not None
        ]
        faces.sort(key=lambda face: face.track_id)
        return faces

    def reset(self) -> None:
        """End all tracks: the source has restarted."""
        self._identities.reset()
        self._landmarker.reset()

    def close(self) -> None:
        """Free the face networks. Safe to call twice."""
        self._landmarker.close()
