"""When a stream's status is due, and what it says: states, rates, stage times, overload."""

from __future__ import annotations

from realtime.bookkeeping import Summary
from realtime.results import wall_offset
from realtime.sources.source import Source
from realtime.stage_times import StageTimes
from realtime.types import SCHEMA, Percentiles, StreamStatus

STATUS_INTERVAL_S = 1.0
STAGES_OVER = 300
"""Latest frames over which a status tells the percentiles of the stages."""

KEEPS_UP = 0.9
"""Share of the frames offered from which on a stream is said to keep up."""
SECONDS_TO_BELIEVE = 3
"""Seconds in a row that must say so before a stream is called overloaded, or no longer so."""
OVERLOADED = "overloaded: frames come faster than this machine processes them"


class StatusClock:
    """Knows when the stream's status is due: on every change of state, and every second.

    Attributes:
        latest: the last status it gave, None before the first.
    """

    def __init__(self) -> None:
        self.latest: StreamStatus | None = None
        self._state = ""
        self._told = float("-inf")
        self._rates = _Rates()

    def due(
        self,
        now: float,
        source: Source,
        summary: Summary,
        times: StageTimes,
        *,
        generation: int,
        model: str,
    ) -> StreamStatus | None:
        """Return the status to send at `now` (s, monotonic), None if none is due."""
        if source.state == self._state and now - self._told < STATUS_INTERVAL_S:
            return None
        rates = self._rates
        rates.count(now, source, summary)
        self._state, self._told = source.state, now
        self.latest = StreamStatus(
            schema=SCHEMA,
            stream=source.name,
            state=source.state,
            t=now,
            wall_offset=wall_offset(),
            generation=generation,
            frames=summary.frames,
            dropped=source.dropped,
            faces=summary.latest_faces,
            fps=rates.fps,
            model=model,
            detail=source.detail or (OVERLOADED if rates.overloaded and source.state == "live" else None),
            captured=source.captured,
            captured_fps=rates.captured_fps,
            max_fps=source.max_fps,
            reconnects=source.reconnects,
            tracks=len(summary.tracks),
            stages=_stages(times) or None,
        )
        return self.latest


class _Rates:
    """Frames that came and frames that were processed, over the last second or more."""

    def __init__(self) -> None:
        self.fps = self.captured_fps = 0.0
        self.overloaded = False
        self._since = float("-inf")
        self._frames = self._captured = 0
        self._doubts = 0  # seconds in a row that speak against `overloaded` as it is

    def count(self, now: float, source: Source, summary: Summary) -> None:
        seconds = now - self._since
        if seconds < STATUS_INTERVAL_S:
            return
        self.fps = (summary.frames - self._frames) / seconds
        self.captured_fps = (source.captured - self._captured) / seconds
        self._since, self._frames, self._captured = now, summary.frames, source.captured
        wanted = min(self.captured_fps, source.max_fps or self.captured_fps)
        behind = source.live and self.fps < KEEPS_UP * wanted
        self._doubts = self._doubts + 1 if behind != self.overloaded else 0
        if self._doubts >= SECONDS_TO_BELIEVE:
            self.overloaded, self._doubts = behind, 0


def _stages(times: StageTimes) -> dict[str, Percentiles]:
    found = {stage: times.percentiles(stage, STAGES_OVER) for stage in times.stages}
    return {
        stage: Percentiles(p50=values[50], p95=values[95], p99=values[99])
        for stage, values in found.items()
        if values
    }
