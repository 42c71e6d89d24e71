"""What a source of frames is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from realtime.errors import EndOfStream
from realtime.openable import Openable
from realtime.types import Frame, State


class Source(Openable):
    """Where frames come from: a file, a camera, a URL. A context manager and an iterator of `Frame`.

    Attributes:
        name: stream name used in topics and messages; letters, digits, `-` and `_` only.
        label: what is read, for people; never holds credentials.
        live: True if frames arrive by the clock and unread ones are overwritten (and counted in
            `dropped`); False if the source waits for its reader and nothing is ever dropped.
        state: what the source is doing now.
        detail: one line for people: why the state is what it is; None if there is nothing to say.
        captured: frames decoded so far.
        dropped: frames overwritten unread so far.
        total: frames the source says it holds, None if it does not know.
        fps: nominal frame rate, None if the source does not know.
        max_fps: cap on the frames a second; what is left out counts as dropped. None: no cap.
        reconnects: times the source was lost and found again.
        damage: one line if frames were lost to damaged data, else None.
    """

    name: str
    label: str
    live: bool
    state: State = "connecting"
    detail: str | None = None
    captured: int = 0
    dropped: int = 0
    total: int | None = None
    fps: float | None = None
    damage: str | None = None
    max_fps: float | None = None
    reconnects: int = 0

    @abstractmethod
    def open(self) -> None:
        """Open the source. Raises SourceError with one line if that is not possible."""

    @abstractmethod
    def read(self, timeout: float | None = None) -> Frame | None:
        """Return the next frame, or None if none came within `timeout` seconds (None: wait for ever).

        Raises EndOfStream after the last frame and after `close`. A source that breaks off, a camera that is
        unplugged or a server that is gone, raises SourceError once, in one line, then EndOfStream.
        """

    def wait(self, timeout: float | None = None) -> bool:
        """Whether, within `timeout` seconds (None: for ever), `read` would return or raise at once.

        For those who want the newest frame at the moment when they have time for it. A source that cannot
        tell says yes, and may keep them waiting in `read`.
        """
        return True

    @abstractmethod
    def close(self) -> None:
        """Stop reading and free everything. Safe to call twice, and from any thread.

        A `read` that is waiting, or comes later, raises EndOfStream.
        """

    def __iter__(self) -> Iterator[Frame]:
        while True:
            try:
                frame = self.read()
            except EndOfStream:
                return
            if frame is not None:
                yield frame
