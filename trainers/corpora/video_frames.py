"""Frames of video files as pictures, each by its file and its number."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from realtime.sources.packet_name import name_packet, packet_of
from realtime.sources.rgb import RgbConverter
from trainers.errors import CorpusError

# Files that each thread keeps open at a time: enough for sequences read side by side, few enough for memory.
OPEN_AT_MOST = 8


class VideoFrames:
    """One frame of a video file per picture; frame 0 is the first one that a player shows.

    Frames asked for in rising order are decoded one after the other; any other is decoded from the
    nearest key frame before it. Files are opened when they are first needed, and the least recently used
    is closed when more than `OPEN_AT_MOST` are open. Every thread, and every pickled or forked copy, opens
    its own, since a decoder that two threads use at once crashes: give each thread neighbouring frames.

    Args:
        paths: the files.
        video: (n,) index into `paths` of each picture's file.
        number: (n,) number of each picture's frame, counted from 0.
    """

    def __init__(
        self, paths: Sequence[Path], video: NDArray[np.integer], number: NDArray[np.integer]
    ) -> None:
        self.paths = list(paths)
        self.video: NDArray[np.int64] = np.asarray(video, dtype=np.int64)
        self.number: NDArray[np.int64] = np.asarray(number, dtype=np.int64)
        self._tables: dict[int, _FrameTable] = {}
        self._own = _OwnFiles()

    def __len__(self) -> int:
        return len(self.video)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Decode one frame, turned upright as its file says.

        Raises:
            CorpusError: the file cannot be opened or decoded, or ends before this frame.
        """
        video, number = int(self.video[index]), int(self.number[index])
        path = self.paths[video]
        try:
            mine = self._own.files()
            opened = mine.pop(video, None) or self._open_video(video)
            mine[video] = opened
            return opened.read(number)
        except (OSError, ValueError) as error:  # FFmpeg's errors are both
            self._close(video)
            raise CorpusError(f"{path}: frame {number} cannot be read ({error})") from error
        except _NoSuchFrameError:
            raise CorpusError(f"{path}: has no frame {number}, it ends before") from None

    def close(self) -> None:
        """Close the files that this thread has open; a later picture opens its file again."""
        for video in list(self._own.files()):
            self._close(video)

    def __enter__(self) -> VideoFrames:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_own"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_own": _OwnFiles()}

    def _open_video(self, video: int) -> _OpenVideo:
        mine = self._own.files()
        while len(mine) >= OPEN_AT_MOST:
            self._close(next(iter(mine)))
        path = self.paths[video]
        if video not in self._tables:
            self._tables[video] = _read_table(path)
        return _OpenVideo(path, self._tables[video])

    def _close(self, video: int) -> None:
        if (opened := self._own.files().pop(video, None)) is not None:
            opened.close()


class _OwnFiles(threading.local):
    """The files that one thread of one process has open."""

    def __init__(self) -> None:
        self._open: dict[int, _OpenVideo] = {}  # the least recently used comes first
        self._process = os.getpid()

    def files(self) -> dict[int, _OpenVideo]:
        """Return this thread's files."""
        if self._process != os.getpid():  # a fork shares the files' reading positions with its parent
            self._open, self._process = {}, os.getpid()
        return self._open


def count_frames(path: Path) -> int:
    """How many frames a video file has, as its index says, or else counted.

    Raises:
        CorpusError: it cannot be opened or holds no video.
    """
    try:
        with av.open(str(path)) as container:
            stream = _video_stream(container)
            # These two list every packet before any is read, if they have an index at all.
            indexed = stream.frames > 0 and ("mov" in container.format.name or container.format.name == "avi")
            listed = sum(not entry.is_discard for entry in stream.index_entries) if indexed else 0
            return listed or len(_read_table(path).dts)
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: not a readable video ({error})") from error


class _NoSuchFrameError(Exception):
    """The file ends before the frame that was asked for."""


@dataclass(frozen=True, slots=True)
class _FrameTable:
    """The frames of a file in the order in which they are shown.

    Attributes:
        dts: (n,) the decoding time stamp of the packet that each is made from: a packet's name.
        keys: (k,) rising numbers of those that decoding can start at.
        seek: (k,) the time stamp by which the container finds each.
    """

    dts: NDArray[np.int64]
    keys: NDArray[np.int64]
    seek: NDArray[np.int64]


class _OpenVideo:
    """One file, its decoder and how far it has come."""

    def __init__(self, path: Path, table: _FrameTable) -> None:
        self._path = path
        self._table = table
        self._number_of: dict[int | None, int] = {
            dts: number for number, dts in enumerate(table.dts.tolist())
        }
        self._to_rgb = RgbConverter()
        self._next = 0
        self._open()

    def read(self, number: int) -> NDArray[np.uint8]:
        """Return frame `number` as RGB.

        Raises:
            _NoSuchFrameError: the file has no such frame.
        """
        if not 0 <= number < len(self._table.dts):
            raise _NoSuchFrameError
        key = int(np.searchsorted(self._table.keys, number, side="right")) - 1
        start = int(self._table.keys[key]) if key >= 0 else 0
        frame = None
        if start <= self._next <= number:
            frame = self._advance_to(number)
        elif key >= 0:
            self._start_at(key)
            frame = self._advance_to(number)
        if frame is None:
            # It builds on frames before the key frame, or seeking led astray: there is no index, say.
            self.close()
            self._open()
            frame = self._advance_to(number)
        if frame is None:
            raise _NoSuchFrameError
        return self._to_rgb(frame)

    def close(self) -> None:
        self._container.close()

    def _open(self) -> None:
        self._container = av.open(str(self._path))
        try:
            self._stream = _video_stream(self._container)
        except BaseException:
            self._container.close()
            raise
        self._frames = _decode(self._container.demux(self._stream))
        self._next = 0

    def _start_at(self, key: int) -> None:
        self._container.seek(int(self._table.seek[key]), stream=self._stream, backward=True)
        self._frames = _decode(self._container.demux(self._stream))

    def _advance_to(self, number: int) -> VideoFrame | None:
        """Decode up to this frame; None if it does not come."""
        for frame in self._frames:
            shown = self._number_of.get(packet_of(frame), -1)
            if shown >= number:
                self._next = shown + 1
                return frame if shown == number else None
        self._next = len(self._table.dts)
        return None


def _video_stream(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise ValueError("no video in it")
    stream = container.streams.video[0]
    context = stream.codec_context
    # One thread per file: loaders of training data read with several processes.
    context.thread_type = ThreadType.SLICE
    context.thread_count = 1
    context.copy_opaque = True  # carries a packet's name to the frame made from it
    return stream


def _decode(packets: Iterable[Packet[VideoStream]]) -> Iterator[VideoFrame]:
    """Yield the frames, each named by the decoding time stamp of its packet (`packet_of`)."""
    for packet in packets:
        if packet.size:
            name_packet(packet, packet.dts)
        yield from packet.decode()


def _read_table(path: Path) -> _FrameTable:
    """Read a file's packets, without decoding them if their presentation times can be relied on.

    Raises:
        ValueError: packets have no time stamps to tell them apart by.
    """
    with av.open(str(path)) as container:
        stream = _video_stream(container)
        packets = [
            (packet.pts, packet.dts, packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size and not packet.is_discard
        ]
        # AVI has no presentation times; those that FFmpeg makes up are wrong where B-frames are.
        is_avi = container.format.name == "avi"
        in_order = not (is_avi and stream.codec_context.has_b_frames)
    names = [dts for _, dts, _ in packets if dts is not None]
    if len(set(names)) != len(packets):
        raise ValueError("its packets have no decoding time stamps")
    times = [pts for pts, _, _ in packets if pts is not None]
    if in_order and len(set(times)) == len(packets):
        shown = [names[i] for i in np.argsort(times)]
    else:
        with av.open(str(path)) as container:
            shown = [packet_of(frame) for frame in _decode(container.demux(_video_stream(container)))]
    # AVI seeks by decoding time, the others by presentation time.
    seek = {
        dts: dts if is_avi or pts is None else pts
        for pts, dts, is_key in packets
        if is_key and dts is not None
    }
    keys = [(number, seek[stamp]) for number, stamp in enumerate(shown) if stamp in seek]
    return _FrameTable(
        dts=np.array(shown, dtype=np.int64),
        keys=np.array([number for number, _ in keys], dtype=np.int64),
        seek=np.array([stamp for _, stamp in keys], dtype=np.int64),
    )
