"""Plays recorded pictures at the speed they were taken, as a camera would."""

from __future__ import annotations

import threading
import time
from fractions import Fraction


class Pacer:
    """Waits until a picture is due by its time stamp.

    Args:
        fps: rate for pictures without a time stamp; None: they are due at once.
    """

    def __init__(self, fps: float | None) -> None:
        self._period = 0.0 if fps is None else 1.0 / fps
        self._start: float | None = None  # monotonic time at which media time 0 would have been shown
        self._media = 0.0
        self._slack = 0.0

    def wait(self, pts: int | None, time_base: Fraction | None, stop: threading.Event) -> None:
        """Return when the picture is due, or as soon as `stop` is set.

        A time stamp that steps back starts the clock anew: the picture is due one frame after the last.
        """
        media = self._media + self._period if pts is None or time_base is None else float(pts * time_base)
        now = time.monotonic()
        if self._start is None:
            self._start = now - media
        elif media < self._media:
            self._start += self._media + self._period - media
        self._media = media
        self._slack = self._start + media - now
        stop.wait(max(0.0, self._slack))

    def rest(self, stop: threading.Event) -> None:
        """Return half a frame's time after the picture was due, if decoding leaves that much to spare.

        A camera's next picture is not there yet to be decoded: decoding it at once would take the
        processor from whoever works on this one.
        """
        if self._slack > self._period / 2:
            stop.wait(self._period / 2)
