"""Putting a frame's faces and scores together into the result that is published."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from realtime.types import SCHEMA, Face, FaceResult, Frame, FrameResult, RawScores, Scores


class ResultWriter:
    """Writes the `FrameResult` of each frame of one stream, and counts them."""

    def __init__(self, stream: str, model: str, aus: Sequence[str], expressions: Sequence[str]) -> None:
        self._stream = stream
        self._model = model
        self._aus = tuple(aus)
        self._expressions = tuple(expressions)
        self._seq = 0

    def write(
        self, frame: Frame, faces: Sequence[Face], raw: Sequence[Scores], smooth: Sequence[Scores], delay: int
    ) -> FrameResult:
        """Return the result of one frame; `t_publish` is left at 0 for whoever sends it."""
        result = FrameResult(
            schema=SCHEMA,
            stream=self._stream,
            generation=frame.generation,
            seq=self._seq,
            frame=frame.number,
            t_capture=frame.t_capture,
            wall_offset=wall_offset(),
            t_publish=0.0,
            dropped=frame.dropped,
            size=frame.size,
            model=self._model,
            pts=frame.pts,
            time_base=(
                None if frame.time_base is None else (frame.time_base.numerator, frame.time_base.denominator)
            ),
            t_camera=frame.t_camera,
            faces=tuple(self._face(*parts, delay) for parts in zip(faces, raw, smooth, strict=True)),
        )
        self._seq += 1
        return result

    def _face(self, face: Face, raw: Scores, smooth: Scores, delay: int) -> FaceResult:
        return FaceResult(
            track_id=face.track_id,
            bbox=face.bbox,
            pose=face.pose,
            pose_group=face.pose_group,
            confidence=face.confidence,
            filter_delay=delay,
            au_occurrence=_named(self._aus, smooth.au_occurrence),
            au_intensity=_named(self._aus, smooth.au_intensity),
            expression=_named(self._expressions, smooth.expression),
            raw=RawScores(
                au_occurrence=_named(self._aus, raw.au_occurrence),
                au_intensity=_named(self._aus, raw.au_intensity),
                expression=_named(self._expressions, raw.expression),
            ),
        )


def wall_offset() -> float:
    """Seconds to add to the monotonic clock for Unix time, now."""
    return time.time() - time.monotonic()


def _named(names: tuple[str, ...], values: NDArray[np.float32] | None) -> dict[str, float] | None:
    return None if values is None else dict(zip(names, values.tolist(), strict=True))
