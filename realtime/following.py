"""The first half of a pipeline: frames with the faces in them, in turn or one frame ahead of who asks.

Tracking a face takes several times as long as scoring it, and both leave Python's lock alone. Of a recording
the next frame is tracked while this one is scored. Of a live source it is not: a frame that waits while
somebody takes his time over the one before grows old, and a newer one is to be had.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from realtime.sources.source import Source
from realtime.tracking.tracker import Tracker
from realtime.types import Face, Frame


@dataclass(slots=True)
class Followed:
    """A frame and what the tracker says of it.

    Attributes:
        faces: in it, sorted by track id.
        alive: ids of the tracks that are followed or still waited for.
        handover: seconds from the frame being ready to the tracker taking it.
        seconds: that the tracker took.
    """

    frame: Frame
    faces: list[Face]
    alive: frozenset[int]
    handover: float
    seconds: float


class Follower:
    """Tracks the faces of a source, each frame when it is asked for."""

    def __init__(self, source: Source, tracker: Tracker) -> None:
        """Connect both; who opens and closes them is somebody else."""
        self._source = source
        self._tracker = tracker
        self._generation = 0

    def read(self, timeout: float | None = None) -> Followed | None:
        """Return the next frame with its faces, or None if no frame came within `timeout` seconds.

        Raises:
            EndOfStream, SourceError: as `Source.read`.
        """
        frame = self._source.read(timeout)
        return None if frame is None else self.follow(frame)

    def follow(self, frame: Frame) -> Followed:
        """Return a frame with its faces. After a restart of the source nobody is known any more."""
        if frame.generation != self._generation:
            self._generation = frame.generation
            self._tracker.reset()
        ready = frame.t_capture + frame.decode_s + frame.convert_s
        handover = max(0.0, time.monotonic() - ready)
        begun = time.perf_counter()
        faces = self._tracker.track(frame)
        return Followed(frame, faces, self._tracker.alive, handover, time.perf_counter() - begun)

    def close(self) -> None:
        """Stop reading. The source must be closed before, the tracker after. Safe to call twice."""


class FollowerAhead(Follower):
    """The same, one frame ahead in a thread of its own, which has the tracker for itself."""

    def __init__(self, source: Source, tracker: Tracker) -> None:
        super().__init__(source, tracker)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tracker")
        self._next: Future[Followed | None] | None = None

    def read(self, timeout: float | None = None) -> Followed | None:
        """Return the frame that was tracked meanwhile, and have the next one tracked."""
        coming, self._next = self._next or self._thread.submit(super().read), None
        try:
            followed = coming.result(timeout)
        except TimeoutError:
            self._next = coming
            return None
        self._next = self._thread.submit(super().read)
        return followed

    def close(self) -> None:
        """Wait for the frame at hand and end the thread."""
        self._thread.shutdown(cancel_futures=True)
