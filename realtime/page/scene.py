"""What a page shows at one moment, and the message that carries it: numbers and picture of the same frame."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from realtime.types import Face, Frame, FrameResult

MESH_UNIT = 4
"""Mesh coordinates are sent as whole fourths of a pixel, which reach to 8191 px."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One frame's result and, where somebody watches, its picture.

    Attributes:
        result: what was published.
        image: (H, W, 3) uint8 RGB; None if nobody asked for it or there is none.
        meshes: (478, 2) float32 pixels of each of `result.faces`; empty where they are not known.
    """

    result: FrameResult
    image: NDArray[np.uint8] | None = None
    meshes: tuple[NDArray[np.float32], ...] = ()


class SceneHeader(msgspec.Struct, kw_only=True):
    """The JSON that a scene message begins with.

    Attributes:
        result: the `frame.` message.
        meshes: points of each face's mesh; they follow the header, x and y as int16 in fourths of a pixel.
        picture: bytes of the JPEG that follows them, 0 for none.
        position, total: frames into a recording and in it, from 1, where one is replayed.
    """

    result: FrameResult
    meshes: list[int]
    picture: int
    position: int | None = None
    total: int | None = None


_encoder = msgspec.json.Encoder()


def scene_of(result: FrameResult, frame: Frame, faces: Sequence[Face]) -> Scene:
    """Return the scene of a processed frame; copies nothing."""
    return Scene(result, frame.image, tuple(face.landmarks[:, :2] for face in faces))


def encoded(scene: Scene, jpeg: bytes, *, position: int | None = None, total: int | None = None) -> bytes:
    """Return a scene message: length of the header (uint32, little endian), header, meshes, picture."""
    meshes = [_mesh(points) for points in scene.meshes]
    header = _encoder.encode(
        SceneHeader(
            result=scene.result,
            meshes=[len(mesh) for mesh in meshes],
            picture=len(jpeg),
            position=position,
            total=total,
        )
    )
    # Typed arrays in a browser begin at even offsets; JSON may end in blanks.
    header += b" " * (-len(header) % 4)
    return b"".join((struct.pack("<I", len(header)), header, *(mesh.tobytes() for mesh in meshes), jpeg))


def _mesh(points: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.clip(np.rint(points * MESH_UNIT), -32768, 32767).astype("<i2")
