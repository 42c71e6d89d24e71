"""The columns of a CSV of results, in the names of those who read such files already."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from realtime.types import TOP_INTENSITY, FaceResult, FrameResult

# The AUs of OpenFace 2.0's FaceLandmarkVid and FeatureExtraction, in the order of their columns.
OPENFACE_INTENSITIES = tuple(
    f"AU{number:02d}" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
)
OPENFACE_OCCURRENCES = (*OPENFACE_INTENSITIES[:-1], "AU28", "AU45")

# Those of py-feat's detectors (`feat.pretrained.AU_LANDMARK_MAP`), and its emotions.
PY_FEAT_AUS = tuple(
    f"AU{n:02d}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
)
PY_FEAT_EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
CLOSED, BLINK = "AU43", "AU45"
"""py-feat has one AU for lids that are shut, however long; FACS tells them apart by duration."""


class Columns(ABC):
    """What stands in a row, and above it."""

    names: tuple[str, ...]

    @abstractmethod
    def cells(self, result: FrameResult, seconds: float, face: FaceResult) -> list[str]:
        """Return a row: one face of a frame, `seconds` after the first one."""


class OpenFaceColumns(Columns):
    """OpenFace 2.0's columns, as `docs/wire-format.md` lists them; see `CSVSink`.

    Args:
        aus: the model's AUs; those that OpenFace has not come behind its own, in both blocks.
        thresholds: occurrence probability per AU from which `AUxx_c` is 1; 0.5 where it is not given.
    """

    def __init__(self, aus: Iterable[str], thresholds: Mapping[str, float]) -> None:
        own = sorted(set(aus))
        self._intensities = (*OPENFACE_INTENSITIES, *(au for au in own if au not in OPENFACE_INTENSITIES))
        occurrences = (*OPENFACE_OCCURRENCES, *(au for au in own if au not in OPENFACE_OCCURRENCES))
        self._thresholds = {au: thresholds.get(au, 0.5) for au in occurrences}
        self.names = (
            *("frame", "face_id", "timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz"),
            *(f"{au}_r" for au in self._intensities),
            *(f"{au}_c" for au in self._thresholds),
        )

    def cells(self, result: FrameResult, seconds: float, face: FaceResult) -> list[str]:
        """Return a row."""
        intensity, occurrence, pose = face.au_intensity or {}, face.au_occurrence or {}, face.pose
        cells = [str(result.frame), str(face.track_id), f"{seconds:.6f}", number(face.confidence), "1"]
        cells += [number(pose.pitch), number(pose.yaw), number(pose.roll)]
        cells += [number(intensity.get(au)) for au in self._intensities]
        for au, threshold in self._thresholds.items():
            probability = occurrence.get(au)
            cells.append("" if probability is None else "1" if probability >= threshold else "0")
        return cells


class PyFeatColumns(Columns):
    """py-feat's columns (`feat.Fex`, read by `feat.utils.io.read_feat`).

    `frame` counts from 0; AUs are occurrence probabilities, 0-1, or where a model gives none a fifth of the
    intensity; angles are in degrees, with the signs of `realtime.Pose`; `approx_time` is `mm:ss`, `Identity`
    the track id. AU43 is our AU45. AUs that py-feat has not come behind its own.
    """

    def __init__(self, aus: Iterable[str]) -> None:
        self._aus = (*PY_FEAT_AUS, *(au for au in sorted(set(aus)) if au not in (*PY_FEAT_AUS, BLINK)))
        self.names = (
            *("frame", "FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"),
            *self._aus,
            *PY_FEAT_EMOTIONS,
            *("Pitch", "Roll", "Yaw", "approx_time", "timestamp", "Identity", "input"),
        )

    def cells(self, result: FrameResult, seconds: float, face: FaceResult) -> list[str]:
        """Return a row."""
        scores = face.au_occurrence
        if scores is None:
            scores = {au: level / TOP_INTENSITY for au, level in (face.au_intensity or {}).items()}
        expression, pose = face.expression or {}, face.pose
        cells = [str(result.frame - 1), *(number(edge) for edge in face.bbox), number(face.confidence)]
        if CLOSED not in scores and BLINK in scores:
            scores = scores | {CLOSED: scores[BLINK]}
        cells += [number(scores.get(au)) for au in self._aus]
        cells += [number(expression.get(emotion)) for emotion in PY_FEAT_EMOTIONS]
        cells += [number(math.degrees(angle)) for angle in (pose.pitch, pose.roll, pose.yaw)]
        clock = f"{int(seconds // 60):02d}:{int(seconds % 60):02d}"
        return [*cells, clock, f"{seconds:.6f}", f"Person_{face.track_id}", result.stream]


LAYOUTS = ("openface", "py-feat")


def columns_named(layout: str, aus: Iterable[str], thresholds: Mapping[str, float]) -> Columns:
    """Return the columns of one of `LAYOUTS`. Raises ValueError with one line."""
    if layout == "openface":
        return OpenFaceColumns(aus, thresholds)
    if layout == "py-feat":
        return PyFeatColumns(aus)
    raise ValueError(f"columns {layout!r}: are not known; name {' or '.join(LAYOUTS)}")


def number(value: float | None) -> str:
    """Six significant digits, because some AUs move by as little as 1e-5; blank where there is no value."""
    return "" if value is None or not math.isfinite(value) else f"{value:.6g}"
