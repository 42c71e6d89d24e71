"""A recorded video, looked at in any order: the picture of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from realtime.errors import SourceError
from realtime.openable import Openable
from realtime.sources.container import NoVideoError, UnreadableError, choose_video, pyav_alone
from realtime.sources.rgb import RgbConverter

AHEAD_S = 2.0
"""Seconds: a picture that is no further ahead is decoded to, not sought."""


class Video(Openable):
    """Finds pictures by their presentation time. Use it from one thread, opening and closing included.

    Args:
        path: a video file.

    Raises:
        SourceError: from `open`: it cannot be read, or holds no video; one line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container: InputContainer | None = None
        self._stream: VideoStream | None = None
        self._frames: Iterator[VideoFrame] = iter(())
        self._rgb = RgbConverter()
        self._shown: VideoFrame | None = None
        self._next: VideoFrame | None = None

    def open(self) -> None:
        """Open the file."""
        try:
            with pyav_alone():
                self._container = av.open(str(self.path), metadata_errors="replace")
            self._stream = choose_video(self._container)
            self._decode()
        except (av.FFmpegError, OSError, UnreadableError, NoVideoError) as error:
            self.close()
            what = getattr(error, "strerror", None) or error
            raise SourceError(f"video {self.path}: cannot be shown ({what})") from None

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._shown = self._next = None
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = self._stream = None

    @property
    def frame_rate(self) -> float:
        """Nominal frames a second, 25 where the file does not say."""
        rate = self._stream.average_rate if self._stream is not None else None
        return float(rate or 25)

    def at(self, seconds: float) -> NDArray[np.uint8] | None:
        """Return the picture (H, W, 3) uint8 RGB shown at a presentation time, None if there is none."""
        now = _time(self._shown)
        if now is None or not now <= seconds <= now + AHEAD_S:
            self._seek(seconds)
        while (following := self._peek()) is not None and (_time(following) or 0.0) <= seconds + 1e-6:
            self._shown, self._next = following, None
        if self._shown is None:  # before the first picture
            self._shown, self._next = self._next, None
        return None if self._shown is None else self._rgb(self._shown)

    def _peek(self) -> VideoFrame | None:
        if self._next is None:
            try:
                with pyav_alone():
                    self._next = next(self._frames, None)
            except (av.FFmpegError, OSError, UnreadableError):
                self._next = None  # the end, or damaged from here on
        return self._next

    def _seek(self, seconds: float) -> None:
        """Go to the key frame before a moment."""
        self._shown = self._next = None
        if self._container is None or self._stream is None or self._stream.time_base is None:
            return
        try:
            self._container.seek(
                max(0, round(seconds / self._stream.time_base)), stream=self._stream, backward=True
            )
        except (av.FFmpegError, OSError):
            self._container.seek(0)
        self._decode()

    def _decode(self) -> None:
        """Decode from here on. One iterator until the next seek: at the end it gives several at once."""
        assert self._container is not None and self._stream is not None
        self._frames = self._container.decode(video=self._container.streams.video.index(self._stream))


def _time(frame: VideoFrame | None) -> float | None:
    return None if frame is None else frame.time
