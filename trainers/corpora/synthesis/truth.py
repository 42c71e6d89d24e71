"""The truth of a clip as CSV: OpenFace's columns, then where each face is and how much of it is hidden."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime.sinks.csv_file import CSVSink
from realtime.types import SCHEMA, FaceResult, FrameResult, Pose
from trainers.corpora.behaviour import AUS
from trainers.corpora.synthesis.casting import SeenFace
from trainers.errors import CorpusError

PLACE_COLUMNS = ("bbox_x", "bbox_y", "bbox_width", "bbox_height", "hidden")


class TrueFace(FaceResult, frozen=True):
    """One face of one frame, and the share of its landmarks, 0 to 1, that somebody in front of it covers."""

    hidden: float = 0.0


class TruthSink(CSVSink):
    """Writes `TrueFace`s as `CSVSink` does, and `PLACE_COLUMNS` behind its columns.

    These are the landmarks' bounding box, in pixels from the picture's left upper corner, and `hidden`.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The header's names."""
        return (*super().columns, *PLACE_COLUMNS)

    def _cells(self, result: FrameResult, seconds: float, face: FaceResult) -> list[str]:
        hidden = face.hidden if isinstance(face, TrueFace) else 0.0
        cells = super()._cells(result, seconds, face)
        return [*cells, *(f"{edge:.2f}" for edge in face.bbox), f"{hidden:.3f}"]


def true_face(number: int, seen: SeenFace, intensity: NDArray[np.float32], size: tuple[int, int]) -> TrueFace:
    """Return the truth of person `number`, from 1.

    Args:
        number: of the person.
        seen: the face in the frame.
        intensity: (A,) of the stronger side, in `AUS`' order.
        size: height and width of the picture.
    """
    yaw, pitch, roll = (math.radians(angle) for angle in seen.moment.pose)
    marks = seen.landmarks
    low, high = marks.min(axis=0), marks.max(axis=0)
    inside = ((marks >= 0) & (marks < (size[1], size[0]))).all(axis=1).mean()
    return TrueFace(
        track_id=number,
        bbox=(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
        pose=Pose(yaw=yaw, pitch=pitch, roll=roll),
        pose_group="",
        confidence=float(inside),
        filter_delay=0,
        au_occurrence=dict(zip(AUS, (intensity >= 1.0).astype(float).tolist(), strict=True)),
        au_intensity=dict(zip(AUS, intensity.tolist(), strict=True)),
        hidden=seen.hidden,
    )


def true_frame(frame: int, fps: int, size: tuple[int, int], faces: tuple[TrueFace, ...]) -> FrameResult:
    """Return the truth of a frame, counted from 0, of a clip of `fps` and `size` (height, width)."""
    return FrameResult(
        schema=SCHEMA,
        stream="clip",
        generation=0,
        seq=frame,
        frame=frame + 1,
        t_capture=frame / fps,
        wall_offset=0.0,
        t_publish=0.0,
        dropped=0,
        size=(size[1], size[0]),
        model="truth",
        pts=frame,
        time_base=(1, fps),
        faces=faces,
    )


class TruePlace(NamedTuple):
    """Where a face of a clip truly is.

    Attributes:
        number: of the person.
        bbox: x, y, width, height of its landmarks, px.
        hidden: 0 to 1, the share of its landmarks that somebody in front of it covers.
    """

    number: int
    bbox: tuple[float, float, float, float]
    hidden: float


def read_places(truth: Path) -> list[list[TruePlace]]:
    """Return the faces of each frame of a clip, out of the truth beside it.

    Raises:
        CorpusError: the file cannot be read, or is none that `make_clip` wrote.
    """
    frames: list[list[TruePlace]] = []
    try:
        with truth.open(newline="") as file:
            for row in csv.DictReader(file):
                x, y, width, height, hidden = (float(row[name]) for name in PLACE_COLUMNS)
                while len(frames) < int(row["frame"]):
                    frames.append([])
                frames[-1].append(TruePlace(int(row["face_id"]), (x, y, width, height), hidden))
    except OSError as error:
        raise CorpusError(f"{truth}: cannot be read ({error.strerror or error})") from error
    except (csv.Error, LookupError, TypeError, ValueError) as error:
        raise CorpusError(f"{truth}: is no truth of a clip; make one with `livefacs corpus clip`") from error
    return frames
