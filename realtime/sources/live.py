"""Cameras, network streams and recordings played like one: always the newest frame."""

from __future__ import annotations

import time

import av

from realtime.errors import SourceError
from realtime.sources.faults import lost
from realtime.sources.frame_rate_cap import FrameRateCap
from realtime.sources.handover import LatestSlot
from realtime.sources.reader import Reader, Stamped
from realtime.sources.rgb import RgbConverter
from realtime.sources.spec import Spec
from realtime.sources.threaded import ThreadedSource
from realtime.types import Frame


class LiveSource(ThreadedSource[Stamped]):
    """Reads a camera or stream all the time and keeps only the newest picture.

    A picture that is overwritten unread counts in `dropped`; conversion to RGB happens in `read`, so it
    costs nothing more. Sources that would come faster than their time stamps (files, files behind an
    http address, virtual inputs) are slowed down to them.

    Args:
        spec: camera, URL, virtual input or file.
        name: stream name, None for the one `spec` suggests.
        open_timeout: seconds `open` waits at most for an answer.
        stall_timeout: seconds without a frame after which `state` is "stalled".
        max_fps: most pictures a second, the others count as dropped; None for all of them.
    """

    live = True

    def __init__(
        self,
        spec: Spec,
        *,
        name: str | None = None,
        open_timeout: float = 10.0,
        stall_timeout: float = 3.0,
        max_fps: float | None = None,
    ) -> None:
        super().__init__(spec, name=name, open_timeout=open_timeout)
        self.max_fps = max_fps
        self._stall_timeout = stall_timeout
        self._rgb = RgbConverter()
        self._latest = 0.0

    def _start(self) -> tuple[LatestSlot[Stamped], Reader[Stamped]]:
        slot = LatestSlot[Stamped]()
        cap = None if self.max_fps is None else FrameRateCap(self.max_fps)
        paced = self._spec.kind == "file"
        return slot, Reader(self._spec, slot, lambda picture: picture, paced=paced, cap=cap)

    def open(self) -> None:
        """Open the source; blocks for `open_timeout` seconds at most.

        `state` stays "connecting" until the first frame is read, which a camera that seldom sends key
        frames may delay. Raises SourceError with one line if the source cannot be opened in time.
        """
        super().open()
        self._latest = time.monotonic()

    def read(self, timeout: float | None = None) -> Frame | None:
        """Return the newest frame that was not read yet, or None if none came within `timeout` seconds.

        Call it from one thread only: the scaler belongs to that thread. Sets `state` to "stalled" while
        it waits in vain. Raises EndOfStream when the stream ended, SourceError once when the source was
        lost; `detail` says why.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            picture = self._wait(deadline)
            now = time.monotonic()
            if picture is not None:
                self._latest = picture.t_capture
                try:
                    frame = picture.to_frame(self._rgb, self.dropped)
                except av.FFmpegError as error:  # a form of picture that nothing here converts
                    raise SourceError(lost(error, self._spec)) from None
                self.state, self.detail = "live", None
                return frame
            if now >= self._latest + self._stall_timeout and self.state != "stalled":
                self.state = "stalled"
                self.detail = f"no frame for {self._stall_timeout:g} s"
            if deadline is not None and now >= deadline:
                return None

    def _wait(self, deadline: float | None) -> Stamped | None:
        """Take a picture, waiting no longer than until `deadline` or until the source has stalled."""
        ends = [] if deadline is None else [deadline]
        if self.state != "stalled":
            ends.append(self._latest + self._stall_timeout)
        return self._take(max(0.0, min(ends) - time.monotonic()) if ends else None)

    def _farewell(self) -> str | None:
        if self.captured == 0:
            return "it ended without a single picture"
        if self._spec.kind == "url":
            return "the server ended the stream, or the connection was lost"
        return "the camera stopped" if self._spec.kind == "webcam" else "the recording ended"
