"""Head pose: the axes and signs that the documentation promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.tracking.pose import matrix_from_pose, pose_from_matrix
from realtime.types import Pose

LOOKS = np.array([0.0, 0.0, 1.0, 0.0])  # the canonical face looks along +z, towards the viewer


def test_upright_and_facing_the_camera_is_zero() -> None:
    pose = pose_from_matrix(np.eye(4))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((0, 0, 0))


def test_signs() -> None:
    # In MediaPipe's axes x is the image's right and y is up.
    right, up, _, _ = matrix_from_pose(Pose(yaw=0.3, pitch=0, roll=0)) @ LOOKS
    assert right == pytest.approx(-math.sin(0.3)), "yaw > 0 turns the face to the left of the image"
    right, up, _, _ = matrix_from_pose(Pose(yaw=0, pitch=0.3, roll=0)) @ LOOKS
    assert up == pytest.approx(-math.sin(0.3)), "pitch > 0 turns the face down"
    crown = matrix_from_pose(Pose(yaw=0, pitch=0, roll=0.3)) @ np.array([0.0, 1.0, 0.0, 0.0])
    assert crown[0] == pytest.approx(math.sin(0.3)), "roll > 0 tilts the head clockwise in the image"


angle = st.floats(-math.pi / 2 + 0.01, math.pi / 2 - 0.01)
full = st.floats(-math.pi + 0.01, math.pi - 0.01)


@given(angle, full, full, st.floats(0.1, 30))
def test_round_trip_at_any_scale(yaw: float, pitch: float, roll: float, scale: float) -> None:
    matrix = matrix_from_pose(Pose(yaw=yaw, pitch=pitch, roll=roll))
    matrix[:3, :3] *= scale
    back = pose_from_matrix(matrix)
    assert (back.yaw, back.pitch, back.roll) == pytest.approx((yaw, pitch, roll), abs=1e-6)


@given(angle, full, full)
def test_matrix_is_a_rotation(yaw: float, pitch: float, roll: float) -> None:
    rotation = matrix_from_pose(Pose(yaw=yaw, pitch=pitch, roll=roll))[:3, :3]
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
