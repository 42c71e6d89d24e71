"""One subject's pictures and labels: what a worker process does."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering.actor import make_actor
from trainers.corpora.rendering.camera_faults import with_faults
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.landmarks import landmarks
from trainers.corpora.rendering.occluders import occlude
from trainers.corpora.rendering.renderer import Rendered, Renderer
from trainers.corpora.rendering.scene import Scene, draw_scene
from trainers.corpora.rendering.subject import Subject, any_skin, draw_subject
from trainers.corpora.synthesis.acting import Shot, shots
from trainers.corpora.synthesis.plan import CorpusPlan

# JPEG quality of the stored pictures; what the camera itself did to them happened before.
QUALITY = 93


@dataclass(frozen=True, eq=False)
class Film:
    """One subject's pictures and labels.

    Attributes:
        pictures: n JPEG files.
        columns: the columns of `Corpus` (but for `aus` and `images`) by name, n rows each; under
            "attributes" what else is known, by name: "age" in years, "gender" ("female", "male"), "skin_tone"
            (1 to 10, Monk), "glasses", "beard", "hair" (style), "level" (of the expression, 1 to 4, 0
            without), "gaze" (n, 2) degrees, "left" and "right" (n, A) intensities of each side, "occluded"
            (whether something is held before the face).
    """

    pictures: list[bytes]
    columns: dict[str, Any]


def film(plan: CorpusPlan, number: int) -> Film:
    """Return the pictures of subject `number` of a plan."""
    rng = plan.rng_of(number)
    name = f"{plan.domain}-{plan.seed}-{number:04d}"
    subject = draw_subject(rng, name, head_model())
    if plan.domain == "varied":
        subject = any_skin(rng, subject)
    script = shots(plan, number, rng)
    actor = make_actor(subject)
    size = (plan.size, plan.size)
    pictures, marks, hidden = [], [], []
    scene, take = draw_scene(rng, plan.domain, size), script[0].take
    for shot in script:
        if shot.take != take and plan.domain != "studio":
            scene = draw_scene(rng, plan.domain, size)  # another day, while a laboratory stays what it is
        take = shot.take
        rendered = _renderer(plan.size)(actor, shot.moment, scene.camera, scene.light)
        pictures.append(_jpeg(photograph(rendered, scene, rng)))
        marks.append(landmarks(actor, rendered.vertices, rendered.eyes, scene.camera))
        hidden.append(scene.occluder is not None)
    return Film(pictures, _columns(plan, number, subject, script, np.array(marks), np.array(hidden)))


def photograph(rendered: Rendered, scene: Scene, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the (H, W, 3) uint8 picture that the scene's camera delivers of a rendered face."""
    picture = rendered.picture
    if scene.occluder is not None:
        picture = picture.copy()
        height, width = picture.shape[:2]
        middle = (width * (0.5 + scene.camera.offset[0]), height * (0.5 + scene.camera.offset[1]))
        occlude(picture, scene.occluder, middle, scene.camera.face_height * height)
    return with_faults(picture, scene.faults, rng)


@cache
def _renderer(size: int) -> Renderer:
    return Renderer((size, size))


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def _columns(
    plan: CorpusPlan,
    number: int,
    subject: Subject,
    script: list[Shot],
    marks: NDArray[np.float32],
    hidden: NDArray[np.bool_],
) -> dict[str, Any]:
    n = len(script)
    left = np.array([shot.moment.left for shot in script], dtype=np.float32)
    right = np.array([shot.moment.right for shot in script], dtype=np.float32)
    # FACS scores the stronger side.
    intensity = np.maximum(left, right)
    return {
        "subject": np.full(n, subject.name),
        "sequence": np.array([f"{subject.name}/{shot.take:03d}" for shot in script]),
        "frame": np.array([shot.frame for shot in script], dtype=np.int64),
        "intensity": intensity,
        "occurrence": (intensity >= 1.0).astype(np.float32),
        "expression": np.array([shot.expression for shot in script], dtype="U16"),
        "pose": np.array([shot.moment.pose for shot in script], dtype=np.float32),
        "view": np.array([shot.view for shot in script], dtype="U8"),
        "domain": np.full(n, plan.domain),
        "partition": np.full(n, plan.partition_of(number), dtype="U10"),
        "landmarks": marks,
        "attributes": {
            **_about(subject, n),
            "level": np.array([shot.level for shot in script], dtype=np.int8),
            "gaze": np.array([shot.moment.gaze for shot in script], dtype=np.float32),
            "left": left,
            "right": right,
            "occluded": hidden,
        },
    }


def _about(subject: Subject, n: int) -> dict[str, NDArray[Any]]:
    """What is known of the person, for tables by group."""
    return {
        "age": np.full(n, subject.years, dtype=np.float32),
        "gender": np.full(n, "female" if subject.phenotypes["gender"] > 0.5 else "male"),
        "skin_tone": np.full(n, subject.complexion.tone, dtype=np.float32),
        "glasses": np.full(n, subject.glasses is not None),
        "beard": np.full(n, subject.complexion.beard, dtype="U10"),
        "hair": np.full(n, subject.hair_style, dtype="U10"),
    }
