"""What is learnt of people, together: what networks compare a face with, and where its scores lie at rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from realtime.calibration.mean_face import MeanFaces
from realtime.calibration.neutral_face import NeutralBaseline
from realtime.calibration.resting_scores import RestingScores
from realtime.types import Face, Scores

if TYPE_CHECKING:
    from engines.manifest import Manifest


class Calibration:
    """Learns the people of one stream.

    Of one frame, `set_references` is called first, then the networks run, then `from_rest`.
    """

    def __init__(self, manifest: Manifest, *, rest: bool = True) -> None:
        """Nobody is known yet.

        Args:
            manifest: of the bundle that gives the scores.
            rest: measure from the person's rest. Without, only mean pictures are learnt, for networks that
                say nothing without them.
        """
        self._rest = rest
        self._faces = NeutralBaseline()
        self._scores = RestingScores(len(manifest.aus), manifest.resting_share)
        self._means = MeanFaces() if manifest.needs_mean_crop else None

    def set_references(self, faces: Sequence[Face], t: float) -> None:
        """Set each face's `neutral` and, if a network wants it, `mean_crop`.

        Args:
            t: seconds, on a clock that all frames of the stream share.
        """
        for face in faces:
            if self._rest:
                face.neutral = self._faces.update(face.track_id, face.blendshapes, t, face.pose)
            if self._means is not None:
                face.mean_crop = self._means.update(face.track_id, np.asarray(face.crop), t)

    def from_rest(self, faces: Sequence[Face], scores: Sequence[Scores], t: float) -> list[Scores]:
        """Return the scores of the same faces, measured from rest."""
        if not self._rest:
            return list(scores)
        return [
            self._scores.measure(face.track_id, said, t) for face, said in zip(faces, scores, strict=True)
        ]

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; an unknown one is fine."""
        self._faces.forget(track_id)
        self._scores.forget(track_id)
        if self._means is not None:
            self._means.forget(track_id)

    def reset(self) -> None:
        """Drop all tracks: the source has restarted."""
        self._faces.reset()
        self._scores.reset()
        if self._means is not None:
            self._means.reset()
