"""For which blendshapes the pose leakage of the canonical face holds on real ones:
python -m trainers.blendshapes.check_leakage face_landmarker.task PICTURE...

Takes the landmarks of the faces in some pictures, turns them as `derive_leakage` turns the canonical face,
and compares how much each blendshape changes before and after the correction. This sees what turning does
to MediaPipe's blendshape network, not what it does to its landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import av
import numpy as np
import typer
from numpy.typing import NDArray

from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker
from realtime.tracking.native.blendshape_network import BlendshapeNetwork
from realtime.tracking.pose import matrix_from_pose, pose_from_matrix
from trainers.blendshapes.action_units import READINGS, columns
from trainers.blendshapes.canonical_face import blendshape_network, canonical_face
from trainers.blendshapes.derive_leakage import CORRECTED, Law, fit, foretold, log_odds, log_odds_changes


def frontal_faces(task: Path, pictures: Sequence[Path]) -> list[NDArray[np.float64]]:
    """The faces in each picture (of a clip: its first frame), turned to face the camera: (478, 3) each."""
    half_turn = np.diag([1.0, -1.0, -1.0])
    faces = []
    for path in pictures:
        landmarker = create_landmarker(DEFAULT_LANDMARKER, task, max_faces=10, stills=True)
        with av.open(str(path)) as container, landmarker:
            frame = next(container.decode(video=0))
            image = np.ascontiguousarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for found in landmarker.detect(image, 0.0):
                to_camera = half_turn @ matrix_from_pose(pose_from_matrix(found.matrix))[:3, :3] @ half_turn
                points = found.landmarks.astype(np.float64) - found.landmarks.mean(axis=0)
                faces.append(points @ to_camera)  # row vectors: the inverse of points @ to_camera.T
    return faces


def table(network: BlendshapeNetwork, laws: Law, faces: Sequence[NDArray[np.float64]]) -> str:
    """One line per blendshape in use: its leak before and after the correction, in how many faces it fell.

    Args:
        network: MediaPipe's.
        laws: of `derive_leakage.fit`.
        faces: (478, 3) frontal landmarks each.

    Returns:
        Text. A leak is the root mean square, over all views, of the change of the blendshape's value.
    """
    leak = foretold(laws)
    before, after = [], []
    for face in faces:
        changes, frontal = log_odds_changes(network, face), log_odds(network(face[None]))
        before.append(_leak(frontal, changes))
        after.append(_leak(frontal, changes - leak))
    raw, corrected = np.array(before), np.array(after)
    lines = [f"{'blendshape':16} {'before':>8} {'after':>8}   lower in"]
    for name in READINGS:
        was, now = raw[:, columns(name)].mean(axis=1), corrected[:, columns(name)].mean(axis=1)
        kept = "   corrected" if name in CORRECTED else ""
        lines.append(
            f"{name:16} {was.mean():8.2g} {now.mean():8.2g}   {(now < was).sum()} of {len(faces)}{kept}"
        )
    return "\n".join(lines)


def main(
    task: Annotated[Path, typer.Argument(help="MediaPipe's face_landmarker.task")],
    pictures: Annotated[list[Path], typer.Argument(help="pictures or clips with faces")],
) -> None:
    """Print the leak of real faces before and after the correction."""
    with blendshape_network(task) as network:
        laws = fit(log_odds_changes(network, canonical_face(task)))
        typer.echo(table(network, laws, frontal_faces(task, pictures)))


def _leak(frontal: NDArray[np.float64], changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(52,): root mean square change of value, from (1, 52) log odds and their (V, 52) changes."""
    value = 1.0 / (1.0 + np.exp(-frontal))
    moved = 1.0 / (1.0 + np.exp(-(frontal + changes)))
    return np.asarray(np.sqrt(((moved - value) ** 2).mean(axis=0)))


if __name__ == "__main__":
    typer.run(main)
