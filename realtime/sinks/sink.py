"""What a sink of results is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from realtime.openable import Openable
from realtime.types import Face, Frame, FrameResult, StreamStatus


class Sink(Openable):
    """Where results go: a socket, a file, a screen. A context manager; all calls come from one thread.

    A sink never blocks the pipeline: what it cannot take at once it drops or buffers.

    Attributes:
        destination: where results go, in a few words for people; valid once open.
    """

    destination: str = ""

    def open(self) -> None:  # noqa: B027 - most sinks on screen have nothing to open
        """Create files or sockets. Raises SinkError with one line if that is not possible."""

    @abstractmethod
    def write(self, result: FrameResult) -> None:
        """Take one frame's result."""

    def status(self, status: StreamStatus) -> None:  # noqa: B027 - only some sinks tell of the stream
        """Take the stream's status: called on every change of state and about every second."""

    def wants_pictures(self, stream: str) -> bool:
        """Whether `picture` is to be called after the next `write` of a stream: few sinks look at all."""
        return False

    def picture(  # noqa: B027 - see wants_pictures
        self, result: FrameResult, frame: Frame, faces: Sequence[Face]
    ) -> None:
        """Take what a result was read from; neither may be changed. Raises nothing."""

    def close(self) -> None:  # noqa: B027 - see open
        """Flush and free everything. Safe to call twice, and without `open`."""
