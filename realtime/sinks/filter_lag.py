"""Undoes the lag of the temporal median, for records that nobody waits for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from msgspec.structs import replace

from realtime.types import FaceResult, FrameResult


@dataclass(slots=True)
class _Held:
    """A result whose filtered scores are still to come.

    Attributes:
        faces: each with the best scores so far.
        waiting: index of a face -> how many more frames with it until its scores are those of this one.
    """

    result: FrameResult
    faces: list[FaceResult]
    waiting: dict[int, int]


class FilterLag:
    """Holds results back until the filter has seen as much of what follows as of what went before.

    The causal median of frames n - 2 to n is the centred one of frame n - 1 (Zhou et al., FG 2017, use the
    centred one). So each face gets the filtered scores that its track has `filter_delay` frames later. Where
    a track ends or pauses before that, its last ones: the filter begins anew behind a gap. Pose, place and
    raw scores are not filtered and stay.
    """

    def __init__(self) -> None:
        self._held: deque[_Held] = deque()

    def push(self, result: FrameResult) -> list[FrameResult]:
        """Take the next result; return those that are complete now, in order."""
        seen = {face.track_id: face for face in result.faces}
        for held in self._held:
            if held.result.generation != result.generation:
                held.waiting.clear()
            for index, frames in list(held.waiting.items()):
                later = seen.get(held.faces[index].track_id)
                if later is not None:
                    held.faces[index] = _with_scores_of(held.faces[index], later)
                if later is None or frames == 1:
                    del held.waiting[index]
                else:
                    held.waiting[index] = frames - 1
        waiting = {index: face.filter_delay for index, face in enumerate(result.faces) if face.filter_delay}
        self._held.append(_Held(result, list(result.faces), waiting))
        complete = []
        while self._held and not self._held[0].waiting:
            complete.append(_finished(self._held.popleft()))
        return complete

    def flush(self) -> list[FrameResult]:
        """Return what is held back, as it is."""
        complete = [_finished(held) for held in self._held]
        self._held.clear()
        return complete


def _with_scores_of(face: FaceResult, later: FaceResult) -> FaceResult:
    return replace(
        face,
        au_occurrence=later.au_occurrence,
        au_intensity=later.au_intensity,
        expression=later.expression,
    )


def _finished(held: _Held) -> FrameResult:
    return replace(held.result, faces=tuple(replace(face, filter_delay=0) for face in held.faces))
