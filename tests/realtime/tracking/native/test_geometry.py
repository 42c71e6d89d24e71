"""Solving the head's position."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.native import geometry
from realtime.tracking.native.geometry import CanonicalFace, head_matrix, procrustes
from realtime.tracking.native.task_file import read_task_file
from realtime.tracking.pose import matrix_from_pose, pose_from_matrix
from realtime.types import Pose

angles = st.floats(-1.2, 1.2)


@settings(deadline=None)
@given(angles, angles, angles, st.floats(0.2, 5), st.integers(0, 1000))
def test_a_known_similarity_is_found(yaw: float, pitch: float, roll: float, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, weights = rng.normal(size=(12, 3)), rng.uniform(0.1, 1, 12)
    matrix = matrix_from_pose(Pose(yaw, pitch, roll))
    matrix[:3, :3] *= scale
    matrix[:3, 3] = rng.normal(size=3) * 10
    target = source @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(procrustes(source, target, weights), matrix, atol=1e-9)


def test_a_mirrored_face_is_not_answered_by_a_mirror() -> None:
    source = np.random.default_rng(0).normal(size=(20, 3))
    found = procrustes(source, source * (-1, 1, 1), np.ones(20))
    assert np.linalg.det(found[:3, :3]) > 0


def test_points_without_weight_do_not_count() -> None:
    rng = np.random.default_rng(0)
    source = rng.normal(size=(10, 3))
    target = source + (1.0, 2.0, 3.0)
    target[7:] = rng.normal(size=(3, 3)) * 100
    weights = np.where(np.arange(10) < 7, 1.0, 0.0)
    np.testing.assert_allclose(procrustes(source, target, weights)[:3, 3], (1, 2, 3), atol=1e-9)


@pytest.mark.parametrize("width", [640, 360])
@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (0.4, -0.2, 0.1), (-0.3, 0.3, -0.4)])
def test_a_head_seen_by_the_camera_that_is_assumed(
    yaw: float, pitch: float, roll: float, width: int, face_model_path
) -> None:
    face = read_task_file(face_model_path).face
    height = 480
    matrix = matrix_from_pose(Pose(yaw, pitch, roll))
    matrix[:3, 3] = (4.0, -3.0, -60.0)
    seen = face.vertices @ matrix[:3, :3].T + matrix[:3, 3]
    focal = height / 2 / math.tan(math.radians(63) / 2)
    landmarks = np.zeros((478, 3), np.float32)
    depth = -seen[:, 2]
    landmarks[:468, 0] = width / 2 + focal * seen[:, 0] / depth
    landmarks[:468, 1] = height / 2 - focal * seen[:, 1] / depth
    # The network's depths are from the head's middle, as large as pixels are there.
    landmarks[:468, 2] = (depth - depth.mean()) * focal / depth.mean()
    solved = head_matrix(landmarks, width, height, face)
    found = pose_from_matrix(solved)
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, pitch, roll), abs=0.03)
    assert solved[:3, 3] == pytest.approx((4, -3, -60), rel=0.05, abs=0.2)


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 3), st.booleans())
def test_the_quick_way_is_the_one_by_singular_values(seed: int, flat: float, mirrored: bool) -> None:
    rng = np.random.default_rng(seed)
    points, weights = rng.normal(size=(33, 3)) * (1, 1, flat), rng.uniform(0.1, 1, 33)
    face = CanonicalFace(points, np.arange(33), points, weights)
    landmarks = np.zeros((478, 3), np.float32)
    turned = points @ matrix_from_pose(Pose(0.3, -0.2, 0.1))[:3, :3].T * (-1 if mirrored else 1, -1, -1)
    landmarks[:33] = 320 + 60 * (turned + rng.normal(0, 0.05, (33, 3)))
    found = head_matrix(landmarks, 640, 640, face)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "_solve", lambda *arguments: False)
        expected = head_matrix(landmarks, 640, 640, face)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_landmarks_all_in_one_point_give_numbers() -> None:
    face = CanonicalFace(np.eye(3), np.arange(3), np.eye(3), np.ones(3))
    assert np.isfinite(head_matrix(np.zeros((478, 3), np.float32), 64, 64, face)).all()
