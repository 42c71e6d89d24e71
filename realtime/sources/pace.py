"""Plays a recording at the speed it was taken, as a camera would."""

from __future__ import annotations

import threading
import time
from fractions import Fraction


class Pacer:
    """Waits until a packet is due by its time stamp.

    Args:
        fps: rate for packets without a time stamp; None: they are due at once.
    """

    def __init__(self, fps: float | None) -> None:
        self._period = 0.0 if fps is None else 1.0 / fps
        self._start: float | None = None  # monotonic time at which media time 0 would have been shown
        self._media = 0.0

    def wait(self, stamp: int | None, time_base: Fraction | None, stop: threading.Event) -> None:
        """Return when the packet is due, or as soon as `stop` is set.

        Pass decoding time stamps, for those of presentation step back at every B-frame. A time stamp that
        steps back starts the clock anew: the packet is due one frame after the last.
        """
        media = self._media + self._period if stamp is None or time_base is None else float(stamp * time_base)
        now = time.monotonic()
        if self._start is None:
            self._start = now - media
        elif media < self._media:
            self._start += self._media + self._period - media
        self._media = media
        stop.wait(max(0.0, self._start + media - now))

    def space(self, periods: float, stop: threading.Event) -> None:
        """Wait for a part of a frame's time between pictures that one packet brought, or until `stop`."""
        if periods > 0:
            stop.wait(periods * self._period)
