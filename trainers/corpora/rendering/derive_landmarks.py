"""Find where MediaPipe's landmarks lie on the head model.

`python -m trainers.corpora.rendering.derive_landmarks`

Draws frontal faces of many subjects, lets MediaPipe find its landmarks, looks up which triangle each one
fell on, and keeps the median place over the subjects on the average head. Writes `landmarks.csv` beside this
file; run it again when the head model changes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from realtime.tracking.face_model import face_model
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker
from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.actor import make_actor
from trainers.corpora.rendering.anatomy import anatomy
from trainers.corpora.rendering.camera import Camera
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.landmarks import ON_SKIN
from trainers.corpora.rendering.renderer import Moment, Renderer
from trainers.corpora.rendering.scene import draw_scene
from trainers.corpora.rendering.subject import draw_subject

SUBJECTS = 60
SIZE = (512, 512)


def places() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (468, 3) median places on the average head in mm, and (468,) their spread over subjects."""
    model, known = head_model(), anatomy()
    draw, found = Renderer(SIZE), []
    still = Moment(
        np.zeros(len(AUS), np.float32), np.zeros(len(AUS), np.float32), (0.0, 0.0), (0.0, 0.0, 0.0)
    )
    with create_landmarker(DEFAULT_LANDMARKER, face_model(), max_faces=1, stills=True) as landmarker:
        for seed in range(SUBJECTS):
            rng = np.random.default_rng(seed)
            subject = draw_subject(rng, "S", model)
            clean = dataclasses.replace(
                subject.complexion, beard="none", tone=min(subject.complexion.tone, 6.0)
            )
            actor = make_actor(
                dataclasses.replace(subject, glasses=None, hair_style="shaved", complexion=clean)
            )
            scene = draw_scene(rng, "studio", SIZE)
            rendered = draw(actor, still, Camera(SIZE, 1000.0, 0.8), scene.light)
            faces = landmarker.detect((np.clip(rendered.picture, 0, 1) * 255).astype(np.uint8), 0.0)
            if faces:
                found.append(_looked_up(draw, faces[0].landmarks[:ON_SKIN, :2], known.average, model.faces))
    stacked = np.array(found)
    middle = np.nanmedian(stacked, axis=0)
    spread = np.nanmedian(np.linalg.norm(stacked - middle, axis=2), axis=0)
    return middle, spread


def _looked_up(
    draw: Renderer, points: NDArray[np.float32], average: NDArray[np.float32], faces: NDArray[np.int32]
) -> NDArray[np.float64]:
    """(468, 3) places on the average head of picture points; NaN where none of the head's triangles is."""
    seen, weights = draw.last_seen
    rows = np.clip((points[:, 1] * seen.shape[0] / SIZE[0]).astype(int), 0, seen.shape[0] - 1)
    columns = np.clip((points[:, 0] * seen.shape[1] / SIZE[1]).astype(int), 0, seen.shape[1] - 1)
    face, share = seen[rows, columns], weights[rows, columns]
    on_head = (face >= 0) & (face < len(faces))
    corners = average[faces[np.where(on_head, face, 0)]]
    full = np.column_stack([1.0 - share.sum(axis=1), share])
    place = (corners * full[:, :, None]).sum(axis=1)
    return np.where(on_head[:, None], place, np.nan)


def nearest_on_mesh(
    points: NDArray[np.float64], vertices: NDArray[np.float32], faces: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return (n, 3): nearest to each point, the face and the weights of its second and third vertex."""
    centres = vertices[faces].mean(axis=1)
    _, candidates = cKDTree(centres).query(points, k=24)
    rows = []
    for point, near in zip(points, candidates, strict=True):
        best = (np.inf, 0, 0.0, 0.0)
        for face in near:
            a, b, c = vertices[faces[face]].astype(np.float64)
            system = np.column_stack([b - a, c - a])
            share = np.linalg.lstsq(system, point - a, rcond=None)[0].clip(0.0, 1.0)
            share /= max(1.0, share.sum())
            distance = float(np.linalg.norm(a + system @ share - point))
            if distance < best[0]:
                best = (distance, int(face), float(share[0]), float(share[1]))
        rows.append(best[1:])
    return np.array(rows)


def main() -> None:
    """Write `landmarks.csv`."""
    middle, spread = places()
    model, known = head_model(), anatomy()
    skin = np.flatnonzero(model.of_part("skin")[model.faces[:, 0]])
    rows = nearest_on_mesh(middle, known.average, model.faces[skin])
    rows[:, 0] = skin[rows[:, 0].astype(int)]
    target = Path(__file__).with_name("landmarks.csv")
    header = (
        "MediaPipe's landmarks 0 to 467 on the head model: triangle, weights of its 2nd and 3rd vertex.\n"
        f"Written by derive_landmarks; median spread over {SUBJECTS} subjects {np.median(spread):.2f} mm."
    )
    np.savetxt(target, rows, fmt=["%d", "%.4f", "%.4f"], delimiter=",", header=header)
    worst = np.percentile(spread, 95)
    print(f"{target}: median spread {np.median(spread):.2f} mm, 95th percentile {worst:.2f} mm")


if __name__ == "__main__":
    main()
