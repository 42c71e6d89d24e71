"""When something happened in a recording, across restarts of its source."""

from __future__ import annotations

from typing import Protocol


class Timed(Protocol):
    """What of a result tells its time; see `FrameResult`."""

    generation: int
    t_capture: float

    @property
    def media_time(self) -> float | None:
        """Presentation time in seconds, None where the source gives no time stamp."""


class Timeline:
    """Seconds since the first frame: in the media's own time where it has one, else by the capture clock.

    Where the media time starts anew (a new generation), or begins or ends in mid-stream, the timeline
    goes on from the last frame by the capture clock instead of jumping.
    """

    def __init__(self) -> None:
        self._clock: tuple[int, bool] | None = None  # generation, and whether it is media time
        self._origin = 0.0
        self._last: tuple[float, float] | None = None  # seconds, t_capture

    def seconds(self, result: Timed) -> float:
        """Return the frame's time in seconds; call it for every frame, in order."""
        media = result.media_time
        now = result.t_capture if media is None else media
        clock = result.generation, media is not None
        last, captured = self._last or (0.0, result.t_capture)
        if clock != self._clock or now - self._origin < last:
            self._clock, self._origin = clock, now - (last + max(0.0, result.t_capture - captured))
        seconds = now - self._origin
        self._last = seconds, result.t_capture
        return seconds
