"""One sink for several pipelines, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from realtime.sinks.sink import Sink
from realtime.types import Face, Frame, FrameResult, StreamStatus


class SharedSink:
    """Passes what several pipelines write on to one sink, one call at a time.

    The first to open opens it, the last to close closes it. Sockets of ZeroMQ may be used by several threads
    in turn, if a lock hands them over, as here.

    Args:
        sink: not open yet; must tell streams apart by the name in what it is given.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.lock = threading.Lock()
        self.users = 0

    def share(self) -> Sink:
        """Return the sink as one pipeline sees it."""
        return _Share(self)


class _Share(Sink):
    """One pipeline's share of a sink."""

    def __init__(self, whole: SharedSink) -> None:
        self._whole = whole
        self._joined = False

    def open(self) -> None:
        with self._whole.lock:
            if self._joined:
                return
            if not self._whole.users:
                self._whole.sink.open()
            self.destination = self._whole.sink.destination
            self._whole.users += 1
            self._joined = True

    def write(self, result: FrameResult) -> None:
        with self._whole.lock:
            self._whole.sink.write(result)

    def status(self, status: StreamStatus) -> None:
        with self._whole.lock:
            self._whole.sink.status(status)

    def wants_pictures(self, stream: str) -> bool:
        return self._whole.sink.wants_pictures(stream)

    def picture(self, result: FrameResult, frame: Frame, faces: Sequence[Face]) -> None:
        with self._whole.lock:
            self._whole.sink.picture(result, frame, faces)

    def close(self) -> None:
        with self._whole.lock:
            if not self._joined:
                return
            self._joined = False
            self._whole.users -= 1
            if not self._whole.users:
                self._whole.sink.close()
