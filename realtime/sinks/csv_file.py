"""Writes results as CSV in the column names of OpenFace or py-feat, for the tools that read these."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from realtime.errors import SinkError
from realtime.sinks import text_file
from realtime.sinks.csv_columns import LAYOUTS, columns_named
from realtime.sinks.filter_lag import FilterLag
from realtime.sinks.sink import Sink
from realtime.sinks.text_file import TextFile
from realtime.timeline import Timeline
from realtime.types import FaceResult, FrameResult, StreamStatus


class CSVSink(Sink):
    """One row per face and frame; a frame without a face has no row.

    Columns: `frame` (from 1), `face_id` (track id), `timestamp` (s, 0 at the first frame), `confidence`
    (0-1), `success` (always 1), `pose_Rx, pose_Ry, pose_Rz` (rad: pitch, yaw, roll), `AUxx_r` (filtered
    intensity, 0-5), `AUxx_c` (1 where the filtered occurrence probability reaches the AU's threshold,
    else 0). Filtered scores stand in the row of the frame that they are about: a table has columns that are
    not filtered, and people lay it beside the video. So a row is written when the filter has seen what
    follows it, `filter_delay` frames later (`FilterLag`). OpenFace's AUs come first and in its order, then
    the model's others, in both blocks. A score that the model does not give is blank. Scores carry six
    significant digits, because some AUs move by as little as 1e-5.

    Args:
        path: the file to create; its folder must exist.
        aus: the model's AUs, as `AU01`.
        thresholds: occurrence probability per AU from which `AUxx_c` is 1; 0.5 where it is not given.
        overwrite: whether a file of that name may be replaced.
        columns: whose names and units: "openface", as above, or "py-feat" (`PyFeatColumns`).

    Raises:
        ValueError: there are no such columns.
    """

    def __init__(
        self,
        path: str | Path,
        aus: Iterable[str] = (),
        thresholds: Mapping[str, float] | None = None,
        overwrite: bool = False,
        columns: str = LAYOUTS[0],
    ) -> None:
        self._file = TextFile(path, overwrite)
        self.destination = f"CSV {path}"
        self._layout = columns_named(columns, aus, thresholds or {})
        self._timeline = Timeline()
        self._lag = FilterLag()
        self._written = 0.0  # monotonic clock, when the last result came

    @property
    def columns(self) -> tuple[str, ...]:
        """The header's names, fixed before the first row."""
        return self._layout.names

    def open(self) -> None:
        """Create the file with its header. Raises SinkError with one line."""
        self._file.open(head=(",".join(self.columns) + "\n").encode())
        self._timeline = Timeline()
        self._lag = FilterLag()

    def write(self, result: FrameResult) -> None:
        """Append the rows that are complete. Raises SinkError when the disk is full, and closes the file."""
        self._written = time.monotonic()
        self._append(self._lag.push(result))

    def status(self, status: StreamStatus) -> None:
        """Flush, so that the last rows appear also while no frames come."""
        if time.monotonic() - self._written >= text_file.FLUSH_SECONDS:
            self._append_held()
        self._file.flush_if_due()

    def close(self) -> None:
        """Write the rows that are held back, flush and close the file."""
        self._append_held()
        self._file.close()

    def _append_held(self) -> None:
        # Nothing is appended for nothing: a file that got no result is taken away when it is closed.
        if held := self._lag.flush():
            self._append(held)

    def _append(self, results: Iterable[FrameResult]) -> None:
        rows = []
        for result in results:
            seconds = self._timeline.seconds(result)
            rows += [",".join(self._cells(result, seconds, face)) + "\n" for face in result.faces]
        try:
            self._file.append("".join(rows).encode())
        except SinkError:
            self._lag = FilterLag()  # the file is closed: what waits has nowhere to go
            raise

    def _cells(self, result: FrameResult, seconds: float, face: FaceResult) -> list[str]:
        return self._layout.cells(result, seconds, face)
