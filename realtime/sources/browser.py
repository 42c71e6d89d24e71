"""The camera of whoever opens the live page: pictures that somebody else decodes are handed in."""

from __future__ import annotations

import time
from dataclasses import dataclass

from av.video.frame import VideoFrame

from realtime.sources.frame_rate_cap import FrameRateCap
from realtime.sources.handover import LatestSlot
from realtime.sources.rgb import RgbConverter
from realtime.sources.source import Source
from realtime.sources.spec import BROWSER
from realtime.types import Frame

WAITING = "open the live page and press Use my camera"


@dataclass(frozen=True, slots=True)
class _Given:
    frame: VideoFrame
    number: int
    t_capture: float
    generation: int


class BrowserSource(Source):
    """A live source without a device: `give` puts pictures in, from any one thread; the newest is read.

    Whoever gives them says with `begin` that another camera, or the same anew, comes now, and with `lost`
    that it has gone; then the source waits for the next.

    Args:
        name: stream name.
        max_fps: most pictures a second, the others count as dropped; None for all of them.
        stall_timeout: seconds without a picture after which `state` is "stalled".
    """

    live = True

    def __init__(
        self, *, name: str | None = None, max_fps: float | None = None, stall_timeout: float = 3.0
    ) -> None:
        self.name = name or BROWSER
        self.label = BROWSER
        self.max_fps = max_fps
        self._stall_timeout = stall_timeout
        self._slot = LatestSlot[_Given]()
        self._rgb = RgbConverter()
        self._cap = None if max_fps is None else FrameRateCap(max_fps)
        self._number = self._generation = 0
        self._size: tuple[int, int] | None = None
        self._latest = 0.0
        self._giving = False

    def open(self) -> None:
        """Wait for a page from now on."""
        self._slot = LatestSlot[_Given]()
        self.state, self.detail = "connecting", WAITING

    def begin(self) -> None:
        """A camera begins to send."""
        self._generation += 1
        self._size = None
        self._giving = True
        self._latest = time.monotonic()

    def give(self, frame: VideoFrame, t_capture: float) -> None:
        """Take a picture that was received at `t_capture` on the monotonic clock. Never blocks for long."""
        size = frame.width, frame.height
        if self._size not in (None, size):  # a phone that was turned, a bandwidth that fell
            self._generation += 1
        self._size = size
        self._number += 1
        self._latest = time.monotonic()
        if self._cap is not None and not self._cap.admits(t_capture):
            self._slot.skip()
            return
        self._slot.put(_Given(frame, self._number, t_capture, self._generation))

    def lost(self, why: str = WAITING) -> None:
        """The camera has gone; `why` is one line for people."""
        self._giving = False
        self.state, self.detail = "connecting", why

    def read(self, timeout: float | None = None) -> Frame | None:
        """Return the newest picture, None if none came within `timeout` seconds.

        Raises EndOfStream after `close`.
        """
        taken = self._slot.take(timeout)
        if taken is None:
            if self._giving and time.monotonic() > self._latest + self._stall_timeout:
                self.state, self.detail = "stalled", f"no frame for {self._stall_timeout:g} s"
            return None
        given, counts = taken
        self.captured, self.dropped = counts.captured, counts.dropped
        begun = time.perf_counter()
        image = self._rgb(given.frame)
        if self._giving:
            self.state, self.detail = "live", None
        return Frame(
            image=image,
            number=given.number,
            t_capture=given.t_capture,
            pts=given.frame.pts,
            time_base=given.frame.time_base,
            generation=given.generation,
            dropped=counts.dropped,
            convert_s=time.perf_counter() - begun,
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Whether a picture, or the end, is there within `timeout` seconds."""
        return self._slot.wait(timeout)

    def close(self) -> None:
        """Take no more pictures."""
        self._slot.close()
        self.state = "ended"
