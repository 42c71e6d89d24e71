"""The streaming runtime: a live face in, published Action Unit results out.

    import realtime

    for result in realtime.stream("webcam:0"):
        for face in result.faces:
            print(face.track_id, face.au_intensity["AU12"], face.expression)

`stream` reads a source in this process; `subscribe` listens to a `livefacs run` in another; `build_pipeline`
gives the parts in between; `read_table` reads what a run has written into pandas. Names load on first use, so
that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.lazy_names import lazy_names

if TYPE_CHECKING:
    from realtime.assembly import build_pipeline, open_bundle, stream
    from realtime.errors import LiveFacsError
    from realtime.pipeline import Pipeline
    from realtime.sinks.sink import Sink
    from realtime.sources import open_source
    from realtime.subscriber import subscribe
    from realtime.tables import read_table
    from realtime.types import FaceResult, FaceUpdate, FrameResult, Pose, StreamStatus

_HOMES = {
    "FaceResult": "types",
    "FaceUpdate": "types",
    "FrameResult": "types",
    "LiveFacsError": "errors",
    "Pipeline": "pipeline",
    "Pose": "types",
    "Sink": "sinks.sink",
    "StreamStatus": "types",
    "build_pipeline": "assembly",
    "open_bundle": "assembly",
    "open_source": "sources",
    "read_table": "tables",
    "stream": "assembly",
    "subscribe": "subscriber",
}

__all__ = [
    "FaceResult",
    "FaceUpdate",
    "FrameResult",
    "LiveFacsError",
    "Pipeline",
    "Pose",
    "Sink",
    "StreamStatus",
    "build_pipeline",
    "open_bundle",
    "open_source",
    "read_table",
    "stream",
    "subscribe",
]

__getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
