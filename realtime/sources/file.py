"""Files, read as fast as they are asked for: one frame after the other, none dropped."""

from __future__ import annotations

from realtime.sources.handover import BoundedQueue
from realtime.sources.reader import Reader
from realtime.sources.rgb import RgbConverter
from realtime.sources.spec import Spec
from realtime.sources.threaded import ThreadedSource
from realtime.types import Frame

# Frames decoded ahead. Enough for the decoder to work while a frame is tracked, and few enough for memory.
_AHEAD = 4
# They are decoded in bursts, once so few are left: the decoder's code and data then come into the caches once
# for several frames.
_REFILL = 1


class FileSource(ThreadedSource[Frame]):
    """Reads a video or image file. Decoding and conversion to RGB happen in a thread, a few frames ahead.

    A damaged or truncated file gives every sound frame; `damage` then says what is missing.

    Args:
        spec: the file.
        name: stream name, None for the file's stem.
        open_timeout: seconds `open` waits at most for the first frame.
    """

    live = False

    def __init__(self, spec: Spec, *, name: str | None = None, open_timeout: float = 10.0) -> None:
        super().__init__(spec, name=name, open_timeout=open_timeout)

    def _start(self) -> tuple[BoundedQueue[Frame], Reader[Frame]]:
        queue = BoundedQueue[Frame](_AHEAD, refill=_REFILL)
        rgb = RgbConverter()
        return queue, Reader(self._spec, queue, lambda picture: picture.to_frame(rgb), paced=False)

    def _farewell(self) -> str | None:
        return self.damage

    def read(self, timeout: float | None = None) -> Frame | None:
        """Return the next frame, None if it is not decoded within `timeout` seconds (None: wait for ever).

        Raises EndOfStream after the last frame, SourceError once if reading failed before the end.
        """
        frame = self._take(timeout)
        if frame is not None:
            self.state = "live"
        return frame
