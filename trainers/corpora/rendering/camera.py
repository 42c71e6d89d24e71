"""The camera: where the head is before it, how points fall on the picture, how light becomes bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled

# The head turns about the top of the spine, mm from the point between the eyes.
PIVOT = np.array([0.0, 40.0, 85.0], dtype=np.float32)
# What should lie in the picture's middle: between the eyes and the mouth.
AIM = np.array([0.0, 25.0, -15.0], dtype=np.float32)
# How much the shoulders follow when the head turns, and when it tilts.
SHOULDERS_TURN, SHOULDERS_TILT = 0.25, 0.0625
# Height of the average face from hairline to chin, mm.
FACE_HEIGHT = 220.0
# What comes nearer to the camera than this is not drawn, mm.
NEAREST = 30.0
# The camera's response to light: linear up to the shoulder, then rolled off towards 1. A lens spreads no more
# than GLARE of a sample over its neighbours, so that a glint does not eat them.
SHOULDER, GLARE = 0.7, 1.6


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at a head.

    Attributes:
        size: height and width of the picture in pixels.
        distance: from the camera to the face, mm.
        face_height: of the average face (`FACE_HEIGHT`) as a share of the picture's height.
        offset: where the face's middle lies, (x, y) as a share of the picture's size from its middle.
    """

    size: tuple[int, int]
    distance: float
    face_height: float
    offset: tuple[float, float] = (0.0, 0.0)

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.face_height * self.size[0] * self.distance / FACE_HEIGHT


def rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float32]:
    """Return Rx(pitch) Ry(yaw) Rz(roll) of degrees, (3, 3): from the head's axes to the camera's."""
    p, y, r = (math.radians(angle) for angle in (pitch, yaw, roll))
    about_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z, dtype=np.float32)


def turned(points: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return matrix @ p of each of (n, 3) points p, with a (3, 3) matrix.

    Not with BLAS, see `head_model.blended`.
    """
    x, y, z = (points[:, axis, None] * matrix[:, axis] for axis in range(3))
    return np.asarray(x + y + z)


def place(
    vertices: NDArray[np.float32],
    neck: NDArray[np.float32],
    pose: tuple[float, float, float],
    camera: Camera,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Turn the head and set it before the camera.

    Args:
        vertices: (T, 3) of a face turned straight ahead, mm from the point between the eyes.
        neck: (T,) 1: turns with the head; 0: stays with the shoulders.
        pose: yaw, pitch, roll in degrees, axes as `realtime.types.Pose`.
        camera: the head's middle is set before it.

    Returns:
        (T, 3) camera-space positions in mm; the (3, 3) rotation and (3,) translation of the head itself.
    """
    turn = rotation(*pose)
    body = rotation(SHOULDERS_TURN * pose[0], 0.0, SHOULDERS_TILT * pose[2])
    local = vertices - PIVOT
    moved = turned(local, turn) * neck[:, None] + turned(local, body) * (1.0 - neck)[:, None]
    height, width = camera.size
    aim = turn @ (AIM - PIVOT)
    scale = camera.distance / camera.focal
    middle = np.array([camera.offset[0] * width * scale, camera.offset[1] * height * scale, camera.distance])
    shift = (middle - aim).astype(np.float32)
    return (moved + shift).astype(np.float32), turn, (shift - turn @ PIVOT).astype(np.float32)


def project(points: NDArray[np.float32], camera: Camera, scale: float = 1.0) -> NDArray[np.float32]:
    """Return (T, 3) float32: x, y in pixels from the picture's edge, times `scale`, and the inverse depth.

    The inverse depth is 1 / mm, or -1 for what lies behind the camera or nearer than `NEAREST` (see
    `rasterise`).
    """
    height, width = camera.size
    inverse = 1.0 / np.maximum(points[:, 2], 1e-3)
    x = points[:, 0] * inverse * camera.focal + width / 2
    y = points[:, 1] * inverse * camera.focal + height / 2
    inverse = np.where(points[:, 2] > NEAREST, inverse, -1.0)
    return np.stack([x * scale, y * scale, inverse], axis=1).astype(np.float32)


@compiled
def develop(
    picture: NDArray[np.float32],
    seen: NDArray[np.int32],
    background: NDArray[np.float32],
    samples: int,
    exposure: float,
    balance: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Average samples x samples into pixels over the background and apply the camera's response.

    Args:
        picture: (H, W, 3) linear light; seen: (H, W) -1 where the background shows.
        background: (H / samples, W / samples, 3) linear light.
        exposure: multiplies light; balance: (3,) the white balance's gains.
        out: (H / samples, W / samples, 3) float32 sRGB (IEC 61966-2-1), 0 to 1.
    """
    height, width = out.shape[0], out.shape[1]
    share = 1.0 / (samples * samples)
    for y in range(height):
        for x in range(width):
            for c in range(3):
                light = 0.0
                for j in range(samples):
                    for i in range(samples):
                        sy, sx = y * samples + j, x * samples + i
                        value = picture[sy, sx, c] if seen[sy, sx] >= 0 else background[y, x, c]
                        light += min(value * exposure * balance[c], GLARE)
                light *= share
                if light > SHOULDER:
                    rest = 1.0 - SHOULDER
                    light = SHOULDER + rest * (1.0 - math.exp(-(light - SHOULDER) / rest))
                out[y, x, c] = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
