"""MediaPipe's own blendshape network and canonical face, taken out of `face_landmarker.task`.

Only for deriving `leakage.toml`; needs `ai-edge-litert`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

NETWORK = "face_blendshapes.tflite"
GEOMETRY = "geometry_pipeline_metadata_landmarks.binarypb"

MESH_POINTS = 468
_VERTEX_FLOATS = 5  # x, y, z, u, v

# The 146 landmarks that the network sees: `kLandmarksSubsetIdxs` in MediaPipe's face_blendshapes_graph.cc.
SEEN = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70,
    78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149,
    150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195,
    197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300,
    308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375,
    377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)  # fmt: skip

# Corners, then upper and lower lid of the subject's right and left eye.
_EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
# An iris is 11.7 mm wide, an eye's opening about 27 mm from corner to corner.
_IRIS_RADIUS = 0.5 * 11.7 / 27.0


class BlendshapeNetwork:
    """MediaPipe's blendshape network; a context manager."""

    def __init__(self, task: Path) -> None:
        """`task` is the path of `face_landmarker.task`. Raises OSError, KeyError or zipfile.BadZipFile."""
        from ai_edge_litert.interpreter import Interpreter

        with zipfile.ZipFile(task) as archive:
            model = archive.read(NETWORK)
        self._interpreter: Any = Interpreter(model_content=model, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def run(self, landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
        """Blendshapes of faces.

        Args:
            landmarks: (N, 478, 2 or more); x to the right, y down, any position and scale.

        Returns:
            (N, 52) float32 in 0-1.
        """
        rows = []
        for face in landmarks:
            self._interpreter.set_tensor(self._input, face[list(SEEN), :2][None].astype(np.float32))
            self._interpreter.invoke()
            rows.append(self._interpreter.get_tensor(self._output).ravel().copy())
        return np.array(rows, np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._interpreter = None


def canonical_face(task: Path) -> NDArray[np.float64]:
    """MediaPipe's canonical face with irises: (478, 3), centimetres, x right, y down, z into the scene.

    The mesh has no irises; they are put into the middle of each eye, looking ahead.
    """
    with zipfile.ZipFile(task) as archive:
        vertices = _vertices(archive.read(GEOMETRY))
    face = vertices.astype(float) * (1.0, -1.0, -1.0)
    irises = []
    for corners in _EYES:
        centre = face[list(corners)].mean(axis=0)
        radius = _IRIS_RADIUS * np.linalg.norm(face[corners[0]] - face[corners[1]])
        ring = np.array([(0, 0, 0), (1, 0, 0), (0, -1, 0), (-1, 0, 0), (0, 1, 0)])
        irises.append(centre + radius * ring)
    return np.concatenate([face, *irises])


def _vertices(message: bytes) -> NDArray[np.float32]:
    """The (468, 3) vertex positions in a `GeometryPipelineMetadata` message.

    Its canonical mesh is the one submessage with 468 x 5 floats, the vertex buffer.
    """
    for submessage in _fields(message)[1]:
        floats, _ = _fields(submessage)
        if len(floats) == 4 * MESH_POINTS * _VERTEX_FLOATS:
            return np.frombuffer(floats, "<f4").reshape(MESH_POINTS, _VERTEX_FLOATS)[:, :3]
    raise ValueError(f"{GEOMETRY}: holds no mesh of {MESH_POINTS} vertices")


def _fields(message: bytes) -> tuple[bytes, list[bytes]]:
    """Of a protobuf message: its 32-bit numbers in a row, and its length-delimited fields."""
    floats, nested = bytearray(), []
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                _, at = _varint(message, at)
            case 2:
                length, at = _varint(message, at)
                nested.append(message[at : at + length])
                at += length
            case 5:
                floats += message[at : at + 4]
                at += 4
            case wire:
                raise ValueError(f"{GEOMETRY}: protobuf wire type {wire} is not expected")
    return bytes(floats), nested


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
