"""Results that were written as JSON lines, read in any order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from realtime.errors import SourceError
from realtime.openable import Openable
from realtime.timeline import Timeline
from realtime.types import SCHEMA, FrameResult, Header


class RecordedResults(Openable, Sequence[FrameResult]):
    """What `livefacs run --jsonl` wrote, one result a line; a last line that was cut off is left out.

    Lines are decoded when they are asked for, so that hours fit. Use it from one thread.

    Args:
        path: the file.

    Attributes:
        seconds: of each result, since the first one, rising.
        stream: name of the stream.

    Raises:
        SourceError: from `open`: there is no such file, or a line is not a result; one line, with its number.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: list[float] = []
        self.stream = ""
        self._data = b""
        self._starts: list[int] = []
        self._decoder = msgspec.json.Decoder(FrameResult)

    def open(self) -> None:
        """Find the lines."""
        try:
            self._data = self.path.read_bytes()
        except OSError as error:
            raise SourceError(f"{self.path}: {error.strerror or error}") from None
        moments = msgspec.json.Decoder(Header)  # all but the faces
        timeline = Timeline()
        start = number = 0
        while start < len(self._data):
            number += 1
            end = self._data.find(b"\n", start)
            if end < 0:
                break  # the run was ended in the middle of a line
            try:
                moment = moments.decode(self._data[start:end])
            except msgspec.MsgspecError as error:
                raise self._foreign(number, str(error)) from None
            if moment.schema != SCHEMA:
                raise self._foreign(number, f"its schema is {moment.schema!r}")
            self.stream = self.stream or moment.stream
            if moment.stream == self.stream:
                self._starts.append(start)
                self.seconds.append(timeline.seconds(moment))
            start = end + 1
        if not self._starts:
            raise SourceError(f"{self.path}: holds no result; name a file that livefacs run --jsonl wrote")

    def close(self) -> None:
        """Let go of the file's contents."""
        self._data, self._starts = b"", []

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        start = self._starts[index]
        line = self._data[start : self._data.index(b"\n", start)]
        try:
            return self._decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise self._foreign(self._data.count(b"\n", 0, start) + 1, str(error)) from None

    def _foreign(self, number: int, why: str) -> SourceError:
        return SourceError(f"{self.path}: line {number} is no result of {SCHEMA} ({why})")
