"""The truth about 478 landmarks: on the face, on the eyes, and where MediaPipe finds them too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.tracking.mediapipe_landmarker import MediaPipeLandmarker
from trainers.corpora.rendering.actor import Actor, make_actor
from trainers.corpora.rendering.camera import Camera, project
from trainers.corpora.rendering.head_model import HeadModel
from trainers.corpora.rendering.landmarks import ON_SKIN, landmarks, on_triangles
from trainers.corpora.rendering.renderer import Moment, Rendered, Renderer
from trainers.corpora.rendering.scene import draw_scene
from trainers.corpora.rendering.subject import draw_subject

Act = Callable[..., Moment]
# Right eye, left eye: centre, then towards the picture's right, up, left, down.
IRISES = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))
# Pairs of MediaPipe's mesh that mirror each other: eye corners, brows, mouth corners, cheeks, ears' sides.
MIRRORED = ((33, 263), (133, 362), (70, 300), (55, 285), (61, 291), (101, 330), (234, 454), (468, 473))
MIDDLE = (1, 4, 6, 10, 13, 14, 152, 168)


def marks_of(rendered: Rendered, actor: Actor, camera: Camera) -> NDArray[np.float32]:
    found = landmarks(actor, rendered.vertices, rendered.eyes, camera)
    assert found.shape == (478, 2)
    assert found.dtype == np.float32
    return found


def test_weights_are_a_place_on_a_triangle_of_the_skin(model: HeadModel) -> None:
    corners, weights = on_triangles()
    assert corners.shape == weights.shape == (ON_SKIN, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-5)
    assert weights.min() > -1e-3
    assert model.of_part("skin")[corners].all()


def test_a_symmetrical_face_has_mirrored_landmarks(
    draw: Callable[..., Rendered], moment: Act, actor: Actor, camera: Camera
) -> None:
    marks = marks_of(draw(moment()), actor, camera)
    middle = camera.size[1] / 2
    face = np.ptp(marks[:, 1])
    for right, left in MIRRORED:
        assert marks[right, 0] < middle < marks[left, 0], "the subject's right is on the picture's left"
        away = marks[left] * (1, 1) - (2 * middle - marks[right, 0], marks[right, 1])
        assert np.abs(away).max() < 0.025 * face, (right, left, away)
    assert np.abs(marks[list(MIDDLE), 0] - middle).max() < 0.02 * face


@pytest.mark.parametrize("pose", [(0.0, 0.0, 0.0), (30.0, -15.0, 10.0), (-40.0, 30.0, -10.0)])
def test_landmarks_lie_on_the_drawn_person(
    pose: tuple[float, float, float],
    draw: Callable[..., Rendered],
    moment: Act,
    actor: Actor,
    camera: Camera,
) -> None:
    rendered = draw(moment(pose=pose, AU26=3.0))
    marks = marks_of(rendered, actor, camera)
    inside = (marks >= 0).all(axis=1) & (marks < 128).all(axis=1)
    x, y = marks[inside].astype(int).T
    assert inside.mean() > 0.98
    assert (rendered.cover[y, x] > 0).mean() > 0.98


@pytest.mark.parametrize("gaze", [(0.0, 0.0), (20.0, -10.0), (-20.0, 10.0)])
def test_irises_lie_on_the_eyeballs_and_follow_the_gaze(
    gaze: tuple[float, float], draw: Callable[..., Rendered], moment: Act, actor: Actor, camera: Camera
) -> None:
    rendered = draw(moment(gaze=gaze))
    marks = marks_of(rendered, actor, camera)
    for side, (centre, right, up, left, down) in zip((1, 0), IRISES, strict=True):
        eye = actor.eyes[side]
        (middle,) = project(rendered.eyes[side, None, :3], camera)
        scale = camera.focal / rendered.eyes[side, 2]
        away = marks[centre] - middle[:2]
        assert np.linalg.norm(away) <= eye.radius * scale * 1.02
        expected = eye.radius * scale * np.sin(np.radians(gaze)) * (-1, 1)
        np.testing.assert_allclose(away, expected, atol=0.35)
        assert marks[right, 0] > marks[centre, 0] > marks[left, 0]
        assert marks[up, 1] < marks[centre, 1] < marks[down, 1]
        ring = np.linalg.norm(marks[[right, up, left, down]] - marks[centre], axis=1) / scale
        assert (ring > 3.0).all(), "an iris has a radius of about 6 mm"
        assert (ring < 8.0).all()


def test_landmarks_move_with_the_face(
    draw: Callable[..., Rendered], moment: Act, actor: Actor, camera: Camera
) -> None:
    rest, speaking = (marks_of(draw(m), actor, camera) for m in (moment(), moment(AU26=5.0)))
    moved = np.linalg.norm(speaking - rest, axis=1)
    assert moved[17] > 4, "the lower lip"
    assert moved[[10, 151, 168, 33, 263]].max() < 0.1, "not the forehead and the eyes"


@pytest.fixture(scope="module")
def landmarker(face_model_path: Path) -> Iterator[MediaPipeLandmarker]:
    with MediaPipeLandmarker(face_model_path, 1, stills=True) as opened:
        yield opened


def test_mediapipe_finds_them_in_the_same_places(
    model: HeadModel, moment: Act, landmarker: MediaPipeLandmarker
) -> None:
    size = (224, 224)
    draw, errors = Renderer(size), []
    for seed in range(100, 106):
        rng = np.random.default_rng(seed)
        subject = draw_subject(rng, "S", model)
        actor = make_actor(dataclasses.replace(subject, glasses=None))
        scene = draw_scene(rng, "studio", size)
        rendered = draw(actor, moment(), scene.camera, scene.light)
        truth = marks_of(rendered, actor, scene.camera)
        (face,) = landmarker.detect((rendered.picture * 255).astype(np.uint8), 0.0)
        height = np.ptp(truth[:, 1])
        errors.append(np.linalg.norm(face.landmarks[:, :2] - truth, axis=1) / height)
    found = np.array(errors)
    assert np.median(found) < 0.025
    assert np.median(found, axis=1).max() < 0.045, "of each person"
    assert np.quantile(found, 0.95) < 0.08
    rings = found[:, ON_SKIN:].mean(axis=0)
    assert rings.max() < 0.03, "the irises' numbers run the same way round"
