"""Head pose from MediaPipe's facial transformation matrix.

MediaPipe's matrix takes its canonical face (centimetres; x to the image's right, y up, z towards the
viewer) to camera space with the same axes. Ours are OpenCV's and OpenFace's camera axes (x right, y down,
z into the scene), so both sides are turned half a turn about x before the angles are read.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from realtime.types import Pose


def pose_from_matrix(matrix: NDArray[np.floating]) -> Pose:
    """Return the head pose of one face.

    Args:
        matrix: (4, 4) facial transformation matrix of MediaPipe's face landmarker: rotation (possibly
            scaled) in the upper left 3 x 3, translation in centimetres in the last column.

    Returns:
        Yaw, pitch and roll in radians, within [-pi/2, pi/2] for yaw and [-pi, pi] for the others, such
        that Rx(pitch) Ry(yaw) Rz(roll) is the rotation from head to camera (OpenFace's convention,
        `Utilities::RotationMatrix2Euler` in OpenFace 2).
    """
    m = matrix[:3, :3].tolist()
    scale = math.sqrt(m[0][2] ** 2 + m[1][2] ** 2 + m[2][2] ** 2) or 1.0
    # diag(1, -1, -1) M diag(1, -1, -1) changes the sign of m01, m02, m10 and m20 only.
    # Of Rx Ry Rz: row 0 is [cy cr, -cy sr, sy]; column 2 is [sy, -sx cy, cx cy].
    yaw = math.asin(max(-1.0, min(1.0, -m[0][2] / scale)))
    pitch = math.atan2(-m[1][2], m[2][2])
    roll = math.atan2(m[0][1], m[0][0])
    return Pose(yaw=yaw, pitch=pitch, roll=roll)


def matrix_from_pose(pose: Pose) -> NDArray[np.float64]:
    """Return MediaPipe's (4, 4) matrix of a head at the camera's origin with this pose.

    The inverse of `pose_from_matrix`; what tests and renderers build a known pose from.
    """
    sx, cx = math.sin(pose.pitch), math.cos(pose.pitch)
    sy, cy = math.sin(pose.yaw), math.cos(pose.yaw)
    sr, cr = math.sin(pose.roll), math.cos(pose.roll)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    half_turn = np.diag([1.0, -1.0, -1.0])
    matrix = np.eye(4)
    matrix[:3, :3] = half_turn @ about_x @ about_y @ about_z @ half_turn
    return matrix
