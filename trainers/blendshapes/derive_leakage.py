"""Derives `leakage.toml`: python -m trainers.blendshapes.derive_leakage face_landmarker.task

Turns MediaPipe's canonical face over yaw and pitch, runs MediaPipe's blendshape network on each view, and
fits the law of `trainers.blendshapes.pose_leakage` to the change of each blendshape's log odds. No pictures
and no labels enter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from realtime.tracking.blendshapes import BLENDSHAPES
from realtime.tracking.native.blendshape_network import BlendshapeNetwork
from trainers.blendshapes.action_units import columns
from trainers.blendshapes.canonical_face import blendshape_network, canonical_face
from trainers.blendshapes.pose_leakage import DATA, EDGE_DEGREES, LARGEST_ANGLE, POSE_GROUPS, mirror

# The law is kept for these alone: `trainers.blendshapes.check_leakage` with eight real faces showed their
# leak falling by a quarter to a half, in seven faces or more. For brows, cheeks, jaw and lips the canonical
# face foretells real ones badly.
CORRECTED = ("eyeLookDown", "eyeLookUp", "eyeSquint", "eyeWide", "mouthStretch")

Law = Mapping[str, NDArray[np.float64]]
"""Pose group -> (5, 52) coefficients of the log odds, rows as `pose_leakage.COEFFICIENTS`."""

_EDGE = math.radians(EDGE_DEGREES)
_STEPS = 13
_SMALLEST, _LARGEST = 1e-9, 1.0 - 1e-6


def views() -> NDArray[np.float64]:
    """(V, 2) yaw and pitch in radians: a grid over the range of the law."""
    angles = np.linspace(-LARGEST_ANGLE, LARGEST_ANGLE, _STEPS)
    return np.array([(yaw, pitch) for yaw in angles for pitch in angles])


def turned(face: NDArray[np.float64], yaw: float, pitch: float) -> NDArray[np.float64]:
    """A (P, 3) face, in camera axes, turned by Rx(pitch) Ry(yaw)."""
    sx, cx, sy, cy = math.sin(pitch), math.cos(pitch), math.sin(yaw), math.cos(yaw)
    rotation = np.array([[cy, 0, sy], [sx * sy, cx, -sx * cy], [-cx * sy, sx, cx * cy]])
    return np.asarray(face @ rotation.T)


def log_odds_changes(network: BlendshapeNetwork, face: NDArray[np.float64]) -> NDArray[np.float64]:
    """How a (478, 3) frontal face's blendshapes change in each view: (V, 52) differences of log odds."""
    seen = network(np.stack([turned(face, yaw, pitch) for yaw, pitch in views()]))
    return log_odds(seen) - log_odds(network(face[None]))


def log_odds(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """log(p / (1 - p)), finite also at 0 and 1."""
    clipped = np.clip(values.astype(np.float64), _SMALLEST, _LARGEST)
    return np.asarray(np.log(clipped / (1.0 - clipped)))


def fit(changes: NDArray[np.float64]) -> Law:
    """The least-squares law for (V, 52) changes.

    Piecewise linear in pitch with bends at the groups' edges; the right side is the mirrored left side.
    """
    yaw, pitch = views().T
    above, below = np.maximum(pitch - _EDGE, 0.0), np.minimum(pitch + _EDGE, 0.0)
    terms = np.stack([pitch, below, above, yaw, yaw**2, pitch * yaw], axis=1)
    level, up, down, *rest = np.linalg.lstsq(terms, changes, rcond=None)[0]
    laws = {
        "up": np.stack([up * _EDGE, level + up, *rest]),
        "level": np.stack([np.zeros_like(level), level, *rest]),
        "down": np.stack([-down * _EDGE, level + down, *rest]),
    }
    return {group: (law + mirror(law[:, _other_sides()])) / 2 for group, law in laws.items()}


def foretold(laws: Law) -> NDArray[np.float64]:
    """(V, 52): the leakage that a law foretells for each view."""
    rows = []
    for yaw, pitch in views():
        group = next(name for name, (low, high) in POSE_GROUPS.items() if low <= math.degrees(pitch) < high)
        rows.append(np.array([1.0, pitch, yaw, yaw**2, pitch * yaw]) @ laws[group])
    return np.array(rows)


def as_toml(laws: Law, blendshapes: Sequence[str] = CORRECTED) -> str:
    """The text of `leakage.toml`."""
    lines = [
        "# Made by `python -m trainers.blendshapes.derive_leakage`; do not edit.",
        "# Blendshape = [constant, pitch, yaw, yaw^2, pitch * yaw] of its log odds, in radians, left side.",
    ]
    for group, law in laws.items():
        lines += ["", f"[leakage.{group}]"]
        for blendshape in blendshapes:
            numbers = ", ".join(f"{number:.3f}" for number in law[:, columns(blendshape)[0]])
            lines.append(f"{blendshape} = [{numbers}]")
    return "\n".join(lines).replace("-0.000", "0.000") + "\n"


def main(
    task: Annotated[Path, typer.Argument(help="MediaPipe's face_landmarker.task")],
    out: Annotated[Path, typer.Option(help="where to write")] = DATA,
) -> None:
    """Derive the pose leakage of MediaPipe's blendshapes from its canonical face."""
    with blendshape_network(task) as network:
        out.write_text(as_toml(fit(log_odds_changes(network, canonical_face(task)))))


def _other_sides() -> list[int]:
    """For each blendshape the position of the one on the other side of the face."""
    swap = {"Left": "Right", "Right": "Left"}
    found = []
    for index, name in enumerate(BLENDSHAPES):
        stem = name.removesuffix("Left").removesuffix("Right")
        other = stem + swap.get(name[len(stem) :], "")
        found.append(BLENDSHAPES.index(other) if other in BLENDSHAPES else index)
    return found


if __name__ == "__main__":
    typer.run(main)
