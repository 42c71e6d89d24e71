"""Axes, pinhole and the camera's response."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.pose import matrix_from_pose
from realtime.types import Pose
from trainers.corpora.rendering.actor import Actor
from trainers.corpora.rendering.camera import (
    AIM,
    FACE_HEIGHT,
    NEAREST,
    SHOULDER,
    Camera,
    develop,
    place,
    project,
    rotation,
    turned,
)
from trainers.corpora.rendering.landmarks import landmarks
from trainers.corpora.rendering.renderer import Moment, Rendered
from trainers.corpora.rendering.skin import linear

ANGLES = st.floats(-80, 80)
CAMERAS = st.builds(
    Camera,
    st.tuples(st.integers(64, 400), st.integers(64, 400)),
    st.floats(300, 2000),
    st.floats(0.3, 1.0),
    st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
)


@given(yaw=ANGLES, pitch=ANGLES, roll=ANGLES)
def test_rotation_is_the_runtimes(yaw: float, pitch: float, roll: float) -> None:
    pose = Pose(yaw=math.radians(yaw), pitch=math.radians(pitch), roll=math.radians(roll))
    half_turn = np.diag([1.0, -1.0, -1.0])
    expected = half_turn @ matrix_from_pose(pose)[:3, :3] @ half_turn
    np.testing.assert_allclose(rotation(yaw, pitch, roll), expected, atol=1e-6)


def test_turned_is_a_matrix_product() -> None:
    rng = np.random.default_rng(0)
    points, matrix = rng.normal(size=(50, 3)).astype(np.float32), rotation(20, -30, 40)
    np.testing.assert_allclose(turned(points, matrix), points @ matrix.T, atol=1e-5)


@given(camera=CAMERAS, x=st.floats(-300, 300), y=st.floats(-300, 300), z=st.floats(100, 3000))
def test_points_fall_where_a_pinhole_puts_them(camera: Camera, x: float, y: float, z: float) -> None:
    (found,) = project(np.array([[x, y, z]], np.float32), camera)
    height, width = camera.size
    assert found[0] == pytest.approx(camera.focal * x / z + width / 2, abs=0.02)
    assert found[1] == pytest.approx(camera.focal * y / z + height / 2, abs=0.02)
    assert found[2] == pytest.approx(1 / z, rel=1e-5)
    (doubled,) = project(np.array([[x, y, z]], np.float32), camera, 2.0)
    np.testing.assert_allclose(doubled, found * [2, 2, 1], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("z", [-500.0, 0.0, NEAREST - 1])
def test_what_is_behind_or_at_the_lens_has_no_inverse_depth(z: float) -> None:
    (found,) = project(np.array([[10.0, 10.0, z]], np.float32), Camera((64, 64), 800.0, 0.8))
    assert found[2] < 0
    assert np.isfinite(found).all()


@settings(deadline=None)
@given(camera=CAMERAS, yaw=ANGLES, pitch=ANGLES, roll=ANGLES)
def test_the_face_stays_in_the_middle_in_every_pose(
    camera: Camera, yaw: float, pitch: float, roll: float
) -> None:
    moved, turn, shift = place(AIM[None], np.ones(1, np.float32), (yaw, pitch, roll), camera)
    (found,) = project(moved, camera)
    height, width = camera.size
    assert found[0] == pytest.approx(width * (0.5 + camera.offset[0]), abs=0.05)
    assert found[1] == pytest.approx(height * (0.5 + camera.offset[1]), abs=0.05)
    assert moved[0, 2] == pytest.approx(camera.distance, rel=1e-4)
    np.testing.assert_allclose(turn @ AIM + shift, moved[0], atol=0.01)


def test_face_height_is_the_share_of_the_picture() -> None:
    camera = Camera((200, 300), distance=900.0, face_height=0.6)
    ends = np.array([[0, -FACE_HEIGHT / 2, 900.0], [0, FACE_HEIGHT / 2, 900.0]], np.float32)
    top, low = project(ends, camera)[:, 1]
    assert low - top == pytest.approx(0.6 * 200, abs=0.01)


def test_shoulders_follow_a_little_and_never_nod() -> None:
    camera = Camera((100, 100), 1000.0, 0.8)
    points = np.array([[150.0, 250.0, 90.0], [-150.0, 250.0, 90.0]], np.float32)
    body = np.zeros(2, np.float32)

    def slope(pose: tuple[float, float, float]) -> np.ndarray:
        moved = place(points, body, pose, camera)[0]
        return np.asarray(moved[0] - moved[1])

    rest = slope((0, 0, 0))
    np.testing.assert_allclose(slope((0, 35, 0)), rest, atol=1e-3)
    turned_by = math.degrees(math.atan2(-slope((40, 0, 0))[2], slope((40, 0, 0))[0]))
    assert 5 < turned_by < 20


@pytest.fixture(scope="module")
def marks(
    draw: Callable[..., Rendered], moment: Callable[..., Moment], actor: Actor, camera: Camera
) -> Callable[[float, float, float], np.ndarray]:
    """Return a function: pose -> (478, 2) landmarks of the plain person's picture."""

    def of_pose(yaw: float, pitch: float, roll: float) -> np.ndarray:
        rendered = draw(moment(pose=(yaw, pitch, roll)))
        return landmarks(actor, rendered.vertices, rendered.eyes, camera)

    return of_pose


# MediaPipe's numbers: nose tip; outer corners of the right and left eye; cheeks beside the ears; chin.
NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR, CHIN = 1, 33, 263, 234, 454, 152


def test_yaw_turns_the_face_to_the_pictures_left(marks: Callable[..., np.ndarray]) -> None:
    beside = [
        points[NOSE, 0] - (points[RIGHT_EAR, 0] + points[LEFT_EAR, 0]) / 2
        for points in (marks(-30, 0, 0), marks(0, 0, 0), marks(30, 0, 0))
    ]
    assert beside[0] > 12
    assert abs(beside[1]) < 1
    assert beside[2] < -12
    assert beside[0] == pytest.approx(-beside[2], abs=1.0)


def test_pitch_turns_the_face_down(marks: Callable[..., np.ndarray]) -> None:
    below = [
        points[NOSE, 1] - (points[RIGHT_EAR, 1] + points[LEFT_EAR, 1]) / 2
        for points in (marks(0, -25, 0), marks(0, 0, 0), marks(0, 25, 0))
    ]
    assert below[0] < below[1] - 10 < below[2] - 20


def test_roll_tilts_the_face_clockwise(marks: Callable[..., np.ndarray]) -> None:
    for roll in (-20.0, 0.0, 20.0):
        across = marks(0, 0, roll)[LEFT_EYE] - marks(0, 0, roll)[RIGHT_EYE]
        assert across[0] > 0, "the subject's left eye is on the picture's right"
        assert math.degrees(math.atan2(across[1], across[0])) == pytest.approx(roll, abs=1.5)
    assert marks(0, 0, 20)[CHIN, 0] < marks(0, 0, 0)[CHIN, 0] - 5, "the chin swings to the left"


def developed(light: float, *, seen: int = 0, background: float = 0.1, exposure: float = 1.0) -> float:
    picture = np.full((2, 2, 3), light, np.float32)
    out = np.empty((1, 1, 3), np.float32)
    behind = np.full((1, 1, 3), background, np.float32)
    develop(picture, np.full((2, 2), seen, np.int32), behind, 2, exposure, np.ones(3, np.float32), out)
    assert out[0, 0, 0] == out[0, 0, 1] == out[0, 0, 2]
    return float(out[0, 0, 0])


@pytest.mark.parametrize("light", [0.0, 0.001, 0.02, 0.18, 0.5, SHOULDER])
def test_light_below_the_shoulder_is_developed_as_srgb(light: float) -> None:
    assert linear((developed(light),))[0] == pytest.approx(light, abs=1e-5)
    assert developed(light / 2, exposure=2.0) == pytest.approx(developed(light), abs=1e-6)


def test_bright_light_rolls_off_and_never_exceeds_white() -> None:
    values = [developed(light) for light in np.linspace(SHOULDER, 1.5, 20)]
    assert (np.diff(values) > 0).all()
    assert developed(100.0) <= 1.0


def test_the_background_shows_where_nobody_is() -> None:
    assert developed(0.9, seen=-1, background=0.18) == pytest.approx(developed(0.18))
    # Of four samples two see the person: the light is averaged before it is developed.
    picture, out = np.full((2, 2, 3), 0.5, np.float32), np.empty((1, 1, 3), np.float32)
    seen = np.array([[0, 0], [-1, -1]], np.int32)
    develop(picture, seen, np.zeros((1, 1, 3), np.float32), 2, 1.0, np.array([1, 0.5, 0], np.float32), out)
    np.testing.assert_allclose(linear(out[0, 0]), [0.25, 0.125, 0.0], atol=1e-5)
