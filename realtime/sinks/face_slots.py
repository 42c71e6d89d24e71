"""Fixed places for faces, for receivers that know no track ids: whoever has one keeps it while in sight."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.types import FaceResult


class FaceSlots:
    """Gives the faces of a stream places from 0.

    A face keeps its place as long as it is in every frame; a free one goes to the largest face that has none.

    Args:
        count: places, 1 or more.
    """

    def __init__(self, count: int = 1) -> None:
        if count < 1:
            raise ValueError(f"faces {count}: must be 1 or more")
        self._holders: list[int | None] = [None] * count

    def place(self, faces: Sequence[FaceResult]) -> list[FaceResult | None]:
        """Return who is in each place in this frame, None where nobody is."""
        here = {face.track_id: face for face in faces}
        self._holders = [holder if holder in here else None for holder in self._holders]
        waiting = sorted(
            (face for face in faces if face.track_id not in self._holders),
            key=lambda face: face.bbox[2] * face.bbox[3],
        )
        for place, holder in enumerate(self._holders):
            if holder is None and waiting:
                self._holders[place] = waiting.pop().track_id
        return [None if holder is None else here[holder] for holder in self._holders]
