"""What is shown now: each stream's latest scene and status, handed from pipelines to viewers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from realtime.page.scene import Scene
from realtime.types import StreamStatus


class Stage:
    """The newest scene and status of each stream. Whoever looks too late has missed what was before.

    Streams show from their threads, viewers look from the server's. Showing takes microseconds and waits for
    nobody.

    Attributes:
        scenes, statuses: by stream; read them at any time.
    """

    def __init__(self) -> None:
        self.scenes: Mapping[str, Scene] = {}
        self.statuses: Mapping[str, StreamStatus] = {}
        self._lock = threading.Lock()
        self._viewers: tuple[Viewpoint, ...] = ()

    def show(self, scene: Scene) -> None:
        """Take a stream's newest scene."""
        stream = scene.result.stream
        with self._lock:
            self.scenes = {**self.scenes, stream: scene}
        self._tell()

    def tell(self, status: StreamStatus) -> None:
        """Take a stream's status."""
        with self._lock:
            self.statuses = {**self.statuses, status.stream: status}
        self._tell()

    def wants_picture(self, stream: str) -> bool:
        """Whether any viewer asks for this stream's pictures now."""
        return any(viewer.pictures and viewer.stream in ("", stream) for viewer in self._viewers)

    @property
    def watched(self) -> bool:
        """Whether any page is open."""
        return bool(self._viewers)

    def enter(self, viewer: Viewpoint) -> None:
        """Tell a viewer of news from now on."""
        with self._lock:
            self._viewers = (*self._viewers, viewer)

    def leave(self, viewer: Viewpoint) -> None:
        """Tell a viewer no more."""
        with self._lock:
            self._viewers = tuple(one for one in self._viewers if one is not viewer)

    def _tell(self) -> None:
        for viewer in self._viewers:
            viewer.news()


class Viewpoint:
    """What one viewer looks at.

    Args:
        news: called from the streams' threads when there is something new.

    Attributes:
        stream: name of the stream that is looked at; "" for the first to show something.
        pictures: whether pictures are wanted.
    """

    def __init__(self, news: Callable[[], None]) -> None:
        self.news = news
        self.stream = ""
        self.pictures = False
