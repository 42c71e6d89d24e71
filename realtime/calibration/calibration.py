"""Both halves of calibration: the resting face before the networks, the resting scores after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from realtime.calibration.neutral_face import NeutralBaseline
from realtime.calibration.resting_scores import RestingScores
from realtime.types import Face, Scores

if TYPE_CHECKING:
    from engines.manifest import Manifest


class Calibration:
    """Learns the people of one stream.

    Of one frame, `set_neutral` is called first, then the networks run, then `from_rest`.
    """

    def __init__(self, manifest: Manifest) -> None:
        """Nobody is known yet; `manifest` is of the bundle that gives the scores."""
        self._faces = NeutralBaseline()
        self._scores = RestingScores(len(manifest.aus), manifest.resting_share)

    def set_neutral(self, faces: Sequence[Face], t: float) -> None:
        """Set each face's `neutral`; `t` in seconds, on a clock that all frames of the stream share."""
        for face in faces:
            face.neutral = self._faces.update(face.track_id, face.blendshapes, t, face.pose)

    def from_rest(self, faces: Sequence[Face], scores: Sequence[Scores], t: float) -> list[Scores]:
        """Return the scores of the same faces, measured from rest."""
        return [
            self._scores.measure(face.track_id, said, t) for face, said in zip(faces, scores, strict=True)
        ]

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; an unknown one is fine."""
        self._faces.forget(track_id)
        self._scores.forget(track_id)

    def reset(self) -> None:
        """Drop all tracks: the source has restarted."""
        self._faces.reset()
        self._scores.reset()
