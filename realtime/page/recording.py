"""Recordings that are begun and ended on the page: every result, whatever the page misses."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from realtime.errors import SinkError
from realtime.sinks.csv_file import CSVSink
from realtime.sinks.jsonl import JSONLinesSink
from realtime.sinks.sink import Sink
from realtime.types import FrameResult, StreamStatus

FORMATS = ("csv", "jsonl")


@dataclass
class Recording:
    """A file that is being written, or was.

    Attributes:
        stream: whose results.
        path: the file.
        frames: results taken so far.
        seq: of the latest.
        failure: why it ended before it was told to; "" if it did not.
    """

    stream: str
    path: Path
    sink: Sink
    frames: int = 0
    seq: int = -1
    failure: str = ""
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self.begun


class Recorder:
    """Writes recordings to a folder, which is made for the first of them.

    Results come from the streams' threads, orders from the server's.

    Args:
        folder: where recordings go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._running: dict[str, Recording] = {}
        self._ended: dict[str, Recording] = {}

    def begin(
        self, stream: str, form: str, thresholds: Mapping[str, float], aus: Iterable[str] = ()
    ) -> Recording:
        """Begin to record a stream.

        Args:
            stream: its name.
            form: one of `FORMATS`.
            thresholds: per AU, the probability from which a CSV calls it present.
            aus: those that a CSV has columns for.

        Raises:
            SinkError: the file cannot be made; one line.
        """
        if form not in FORMATS:
            raise SinkError(f"format {form!r}: recordings are {' or '.join(FORMATS)}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SinkError(
                f"{self._folder}: cannot be made ({error.strerror}); name another with --recordings"
            ) from None
        with self._lock:
            path = self._free_name(stream, form)
            sink = CSVSink(path, aus, thresholds) if form == "csv" else JSONLinesSink(path)
            sink.open()
            recording = Recording(stream, path, sink)
            self._running[path.name] = recording
        return recording

    def end(self, name: str) -> Recording:
        """End a recording, by its file's name.

        Raises KeyError if there is none, SinkError with one line if the disk is full.
        """
        with self._lock:
            if name in self._ended:
                return self._ended[name]
            recording = self._running.pop(name)
            self._ended[name] = recording
            recording.sink.close()
        return recording

    def file(self, name: str) -> Path | None:
        """Return the file of a recording that was ended, None if there is no such."""
        recording = self._ended.get(name)
        return recording.path if recording is not None and recording.path.exists() else None

    def running(self) -> list[Recording]:
        """Return the recordings at work."""
        return list(self._running.values())

    def write(self, result: FrameResult) -> None:
        """Take a result of any stream. A recording that fails ends, and says why to whoever asks."""
        if not self._running:
            return
        with self._lock:
            for recording in self._of(result.stream):
                if result.seq < recording.seq:  # another publisher: other track ids, another clock
                    self._fail(recording, "the stream has begun anew")
                    continue
                recording.frames += 1
                recording.seq = result.seq
                self._try(recording, lambda sink: sink.write(result))

    def status(self, status: StreamStatus) -> None:
        """Let others read what was written so far."""
        if not self._running:
            return
        with self._lock:
            for recording in self._of(status.stream):
                self._try(recording, lambda sink: sink.status(status))

    def close(self) -> list[Recording]:
        """End all that are at work, and return them."""
        with self._lock:
            left, self._running = list(self._running.values()), {}
            for recording in left:
                self._ended[recording.path.name] = recording
                self._try(recording, lambda sink: sink.close())
        return left

    def _of(self, stream: str) -> list[Recording]:
        return [one for one in self._running.values() if one.stream == stream]

    def _try(self, recording: Recording, give: Callable[[Sink], None]) -> None:
        try:
            give(recording.sink)
        except SinkError as error:
            self._fail(recording, str(error))

    def _fail(self, recording: Recording, why: str) -> None:
        recording.failure = why
        self._running.pop(recording.path.name, None)
        self._ended[recording.path.name] = recording
        with suppress(SinkError):
            recording.sink.close()

    def _free_name(self, stream: str, form: str) -> Path:
        begun = time.strftime("%Y-%m-%d_%H-%M-%S")
        name = re.sub(r"[^\w-]", "_", stream)  # whoever is listened to may call it anything
        names = (f"{name}_{begun}{more}.{form}" for more in ("", *(f"_{n}" for n in range(2, 1000))))
        return next(path for name in names if not (path := self._folder / name).exists())


def aus_of(result: FrameResult) -> set[str]:
    """Return the AUs that a result has scores of."""
    return {
        au
        for face in result.faces
        for scores in (face.au_intensity, face.au_occurrence)
        for au in scores or ()
    }
