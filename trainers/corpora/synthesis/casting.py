"""Who is in a clip, what each of them does in it, and how one frame of it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour import Sequence as Acting
from trainers.corpora.behaviour import head_motion, spontaneous
from trainers.corpora.rendering.actor import Actor, make_actor
from trainers.corpora.rendering.camera import Camera
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.landmarks import landmarks
from trainers.corpora.rendering.renderer import Moment, Renderer
from trainers.corpora.rendering.scene import Scene, draw_scene
from trainers.corpora.rendering.subject import any_skin, draw_subject
from trainers.corpora.synthesis.acting import moment_of
from trainers.corpora.synthesis.walking import REFERENCE, Walk, crossing, standing

# In a conversation with a camera heads turn less than in a corpus of poses.
CALM = np.array([0.8, 0.6, 0.7], dtype=np.float32)
# Height of a face as a share of the picture's height, or of a share of its width that people side by side, or
# two who cross, leave to each.
TALLEST, SHARE_OF_WIDTH = 0.82, 0.72
TALLEST_CROSSING, SHARE_OF_WIDTH_CROSSING = 0.40, 0.30


@dataclass(frozen=True, eq=False)
class Performer:
    """One person of the clip.

    Attributes:
        actor: who it is.
        acting: what the face does; motion: (frames, 3) yaw, pitch, roll of the head in degrees.
        walk: where the face is.
        scene: where it is filmed; the camera as it is for a face at `REFERENCE`, in the picture's middle.
    """

    actor: Actor
    acting: Acting
    motion: NDArray[np.float32]
    walk: Walk
    scene: Scene

    def moment(self, frame: int) -> Moment:
        """Return what the face does in a frame, counted from 0."""
        pose = self.motion[frame].copy()
        pose[0] += self.walk.turn[frame]
        return moment_of(self.acting, frame, pose)

    def camera(self, frame: int) -> Camera:
        """Return the camera as it looks at this person in a frame, counted from 0."""
        x, y = self.walk.place[frame].tolist()
        distance = float(self.walk.distance[frame])
        camera = self.scene.camera
        height = camera.face_height * REFERENCE / distance
        return replace(camera, distance=distance, face_height=height, offset=(x, y))


@dataclass(frozen=True, eq=False)
class SeenFace:
    """One person's face in one frame, as it truly is.

    Attributes:
        moment: what the face does.
        landmarks: (478, 2) px.
        hidden: 0 to 1, the share of the landmarks that somebody nearer to the camera covers.
    """

    moment: Moment
    landmarks: NDArray[np.float32]
    hidden: float


def draw_cast(
    rng: np.random.Generator,
    walking: np.random.Generator,
    frames: int,
    fps: int,
    faces: int,
    crossings: int,
    size: tuple[int, int],
    domain: str,
) -> list[Performer]:
    """Choose the people and let them act; all are in one scene.

    Args:
        rng, walking: what chance of people and moments, and of walks, is drawn from.
        frames, fps, size (height, width), domain: of the clip.
        faces: how many people stand side by side.
        crossings: how often two people cross; 0: everybody stands.
    """
    scene = draw_scene(rng, domain, size)
    shape = size[1] / size[0]
    if crossings:
        room = min(TALLEST_CROSSING, SHARE_OF_WIDTH_CROSSING * shape)
        walks: Sequence[Walk] = crossing(walking, crossings, frames, float(fps))
    else:
        room = min(TALLEST, SHARE_OF_WIDTH * shape / faces)
        places = [(number + 0.5) / faces - 0.5 for number in range(faces)]
        walks = [standing(frames, place, REFERENCE) for place in places]
    cast = []
    for number, walk in enumerate(walks, start=1):
        subject = draw_subject(rng, f"clip-{number}", head_model())
        if domain == "varied":
            subject = any_skin(rng, subject)
        camera = replace(scene.camera, face_height=room, offset=(0.0, 0.0), distance=REFERENCE)
        cast.append(
            Performer(
                actor=make_actor(subject),
                acting=spontaneous(rng, frames, fps=float(fps)),
                motion=head_motion(rng, frames, float(fps)) * CALM,
                walk=walk,
                scene=replace(scene, camera=camera, occluder=None),
            )
        )
    return cast


def draw_frame(
    draw: Renderer, cast: Sequence[Performer], frame: int
) -> tuple[NDArray[np.float32], list[SeenFace]]:
    """Return one frame's picture (H, W, 3) float32 sRGB 0 to 1, before the camera's faults, and its faces."""
    picture = np.zeros((*draw.size, 3), np.float32)
    moments = [performer.moment(frame) for performer in cast]
    marks: dict[int, NDArray[np.float32]] = {}
    open_to_view: dict[int, NDArray[np.float32]] = {}
    # Whoever is nearer is drawn over those behind; people who stand side by side are equally near.
    for number in sorted(range(len(cast)), key=lambda number: -cast[number].walk.distance[frame]):
        performer, camera = cast[number], cast[number].camera(frame)
        rendered = draw(performer.actor, moments[number], camera, performer.scene.light)
        # The first brings the background, the others only themselves.
        cover = rendered.cover if marks else np.ones(draw.size, np.float32)
        picture += cover[..., None] * (rendered.picture - picture)
        for other, behind in open_to_view.items():
            if cast[other].walk.distance[frame] > performer.walk.distance[frame]:
                behind *= 1.0 - _at(cover, marks[other])
        marks[number] = landmarks(performer.actor, rendered.vertices, rendered.eyes, camera)
        open_to_view[number] = np.ones(len(marks[number]), np.float32)
    faces = [
        SeenFace(moment, marks[number], 1.0 - float(open_to_view[number].mean()))
        for number, moment in enumerate(moments)
    ]
    return picture, faces


def _at(cover: NDArray[np.float32], marks: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of each landmark's pixel is covered, 0 to 1; outside of the picture nothing is."""
    columns, rows = np.floor(marks).astype(np.int64).T
    inside = (columns >= 0) & (columns < cover.shape[1]) & (rows >= 0) & (rows < cover.shape[0])
    covered = np.zeros(len(marks), np.float32)
    covered[inside] = cover[rows[inside], columns[inside]]
    return covered
