"""Writes results as JSON lines."""

from __future__ import annotations

from pathlib import Path

import msgspec

from realtime.sinks.sink import Sink
from realtime.sinks.text_file import TextFile
from realtime.types import FrameResult, StreamStatus


class JSONLinesSink(Sink):
    """One line of JSON per frame: the `frame.` message of the wire format (`docs/wire-format.md`).

    Args:
        path: the file to create; its folder must exist.
        overwrite: whether a file of that name may be replaced.
    """

    def __init__(self, path: str | Path, overwrite: bool = False) -> None:
        self._file = TextFile(path, overwrite)
        self.destination = f"JSON lines {path}"
        self._encoder = msgspec.json.Encoder()

    def open(self) -> None:
        """Create the file. Raises SinkError with one line."""
        self._file.open()

    def write(self, result: FrameResult) -> None:
        """Append one line. Raises SinkError when the disk is full; the file is then closed."""
        self._file.append(self._encoder.encode(result) + b"\n")

    def status(self, status: StreamStatus) -> None:
        """Flush, so that the last lines appear also while no frames come."""
        self._file.flush_if_due()

    def close(self) -> None:
        """Flush and close the file."""
        self._file.close()
