"""How long each stage of the pipeline takes: percentiles over the latest frames, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

# 2**16 frames are 36 minutes at 30 frames a second, and 256 kB a stage.
FRAMES_KEPT = 1 << 16
PERCENTILES = (50, 95, 99)


class StageTimes:
    """The latest durations of every named stage.

    `record` is called on the hot path and only stores a number; percentiles are computed when asked for.
    """

    def __init__(self, stages: Iterable[str], keep: int = FRAMES_KEPT) -> None:
        self._keep = keep
        # Filled, so that all of the memory is there from the start, and none seems to leak.
        self._seconds = {stage: np.full(keep, np.nan, np.float32) for stage in stages}
        self._counts = dict.fromkeys(self._seconds, 0)

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages, in the order given."""
        return tuple(self._seconds)

    def count(self, stage: str) -> int:
        """Durations recorded for a stage since the start, forgotten ones included."""
        return self._counts[stage]

    def record(self, stage: str, seconds: float) -> None:
        """Add one duration."""
        count = self._counts[stage]
        self._seconds[stage][count % self._keep] = seconds
        self._counts[stage] = count + 1

    def percentiles(self, stage: str, latest: int | None = None) -> dict[int, float]:
        """Return {50: s, 95: s, 99: s} over the frames kept, or over the `latest` few; {} if none."""
        count = self._counts[stage]
        kept = min(count, self._keep)
        if kept == 0:
            return {}
        wanted = kept if latest is None else min(latest, kept)
        # Modulo arithmetic, since the ring may wrap inside the wanted range.
        index = np.arange(count - wanted, count) % self._keep
        values = np.percentile(self._seconds[stage][index], PERCENTILES)
        return dict(zip(PERCENTILES, values.tolist(), strict=True))
