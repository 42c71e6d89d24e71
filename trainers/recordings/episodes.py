"""What a face's Action Units did over a recording: how often, how long, how strongly, and which together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

GAP_S = 0.5
"""Seconds without the face after which an action that goes on is a new episode."""


@dataclass(frozen=True)
class FaceScores:
    """One face of a recording; F frames in which it was seen, A Action Units.

    Attributes:
        name: for people.
        seconds: (F,) since the recording's first frame, rising.
        aus: the A Action Units.
        intensity: (F, A) 0 to 5, NaN where it is not known; None of a model without.
        present: (F, A) bool; None of a model that does not tell.
        expression: (F, E) probabilities by name; empty of a model without.
        pose: (F, 3) pitch, yaw, roll in degrees; NaN where it is not known.
    """

    name: str
    seconds: NDArray[np.float64]
    aus: tuple[str, ...]
    intensity: NDArray[np.float64] | None
    present: NDArray[np.bool_] | None
    expression: dict[str, NDArray[np.float64]]
    pose: NDArray[np.float64]


@dataclass(frozen=True)
class Activity:
    """What one Action Unit did; shares and means are over the frames in which the face was seen.

    Attributes:
        share: of frames in which it is present, 0 to 1.
        episodes: times it came; seconds: how long it stayed on average.
        mean, peak: intensity over all frames, 0 to 5.
        strength: mean intensity while present, NaN if it never is.
    """

    au: str
    share: float
    episodes: int
    seconds: float
    mean: float
    peak: float
    strength: float


def faces_of(table: pd.DataFrame, threshold: float = 0.5) -> list[FaceScores]:
    """Return the faces of a table of `read_table`, of either kind of columns, longest seen first.

    Args:
        table: the recording.
        threshold: probability from which an AU is present, where the table has probabilities.
    """
    from realtime.errors import SourceError

    columns = list(table.columns)
    aus = tuple(sorted({name[:4] for name in columns if name[:2] == "AU" and name[4:] in ("_r", "_c", "_p")}))
    if not aus or "face_id" not in columns or "timestamp" not in columns:
        raise SourceError("it has no columns face_id, timestamp and AUxx_r, _c or _p: name what a run wrote")
    if "success" in columns:
        table = table[table["success"] != 0]
    faces = []
    for track, rows in table.dropna(subset=["face_id"]).groupby("face_id", sort=True):
        ends = ("_r", "_c", "_p")
        known = [au for au in aus if any(rows[au + end].notna().any() for end in ends if au + end in rows)]
        faces.append(_face(f"face {int(track)}", rows, tuple(known), threshold))
    return sorted(faces, key=lambda face: -len(face.seconds))


def activities(face: FaceScores) -> list[Activity]:
    """Return what each AU of a face did, in order."""
    return [_activity(face, place) for place in range(len(face.aus))]


def co_occurrence(face: FaceScores) -> NDArray[np.float64]:
    """Return (A, A): of the frames in which the row's AU is present, the share in which the column's is too.

    NaN in the rows of AUs that never are.
    """
    present = _present(face).astype(float)
    together = present.T @ present
    count = np.diag(together)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(together / np.where(count > 0, count, np.nan))


def _present(face: FaceScores) -> NDArray[np.bool_]:
    if face.present is not None:
        return face.present
    assert face.intensity is not None
    return np.asarray(face.intensity >= 1.0)


def _activity(face: FaceScores, place: int) -> Activity:
    present = _present(face)[:, place]
    level = None if face.intensity is None else face.intensity[:, place]
    if level is not None and bool(np.isnan(level).all()):
        level = None
    lengths = _episodes(face.seconds, present)
    return Activity(
        au=face.aus[place],
        share=float(present.mean()),
        episodes=len(lengths),
        seconds=float(np.mean(lengths)) if lengths else 0.0,
        mean=float("nan") if level is None else float(np.nanmean(level)),
        peak=float("nan") if level is None else float(np.nanmax(level)),
        strength=float(np.nanmean(level[present])) if level is not None and present.any() else float("nan"),
    )


def _episodes(seconds: NDArray[np.float64], present: NDArray[np.bool_]) -> list[float]:
    """Return how long each stretch of presence lasts, in seconds; each frame lasts until the next."""
    if not len(seconds):
        return []
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    lengths: list[float] = []
    begun: float | None = None
    last = 0.0
    for now, here in zip(seconds.tolist(), present.tolist(), strict=True):
        if begun is not None and (not here or now - last > GAP_S):
            lengths.append(last - begun + step)
            begun = None
        if here:
            begun = now if begun is None else begun
            last = now
    if begun is not None:
        lengths.append(last - begun + step)
    return lengths


def _face(name: str, rows: pd.DataFrame, aus: tuple[str, ...], threshold: float) -> FaceScores:
    def block(end: str) -> NDArray[np.float64] | None:
        columns = [au + end for au in aus]
        if not any(column in rows for column in columns):
            return None
        return np.asarray(rows.reindex(columns=columns), dtype=np.float64)

    intensity, flags, probabilities = block("_r"), block("_c"), block("_p")
    present = None
    if probabilities is not None:
        present = np.nan_to_num(probabilities) >= threshold
    elif flags is not None:
        present = np.nan_to_num(flags) >= 0.5
    angles = [("pose_pitch", "pose_Rx"), ("pose_yaw", "pose_Ry"), ("pose_roll", "pose_Rz")]
    nothing = np.full(len(rows), np.nan)
    pose = [np.asarray(rows.get(one, rows.get(other, nothing)), np.float64) for one, other in angles]
    return FaceScores(
        name=name,
        seconds=rows["timestamp"].to_numpy(np.float64),
        aus=aus,
        intensity=intensity,
        present=present,
        expression={one: rows[one].to_numpy(np.float64) for one in _expressions(rows)},
        pose=np.degrees(np.stack(pose, axis=1)),
    )


def _expressions(rows: pd.DataFrame) -> list[str]:
    """Columns that are a bundle's expressions: in JSON lines they stand last, under names of its own."""
    columns = list(rows.columns)
    if "confidence" not in columns or "pose_group" not in columns:
        return []
    return [name for name in columns[columns.index("confidence") + 1 :] if name[:2] != "AU"]
