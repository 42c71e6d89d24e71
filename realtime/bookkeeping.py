"""What a run has done so far, for the summary at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from realtime.sources.source import Source
from realtime.types import FrameResult


@dataclass(slots=True)
class Summary:
    """Counts of one run.

    Attributes:
        frames: frames processed; dropped: frames overwritten unread; faces: faces summed over frames.
        frames_with_faces: frames with at least one face; tracks: different track ids seen.
        latest_faces: faces in the latest frame.
        seconds: from the first frame's capture to the latest result.
        damage: the source's line about damaged data, None if there was none.
        detail: the source's line about why it ended, None if it has nothing to say.
    """

    frames: int = 0
    dropped: int = 0
    faces: int = 0
    frames_with_faces: int = 0
    latest_faces: int = 0
    seconds: float = 0.0
    damage: str | None = None
    detail: str | None = None
    tracks: set[int] = field(default_factory=set)
    _started: float = 0.0

    @property
    def fps(self) -> float:
        """Frames processed per second."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0

    def add(self, result: FrameResult, now: float) -> None:
        """Count one result, finished at `now` (s, monotonic)."""
        if self.frames == 0:
            self._started = result.t_capture
        self.frames += 1
        self.faces += len(result.faces)
        self.frames_with_faces += bool(result.faces)
        self.latest_faces = len(result.faces)
        self.tracks.update(face.track_id for face in result.faces)
        self.seconds = now - self._started

    def take(self, source: Source) -> None:
        """Note what only the source knows."""
        self.dropped, self.damage, self.detail = source.dropped, source.damage, source.detail
