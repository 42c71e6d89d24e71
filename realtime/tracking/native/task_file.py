"""What is in MediaPipe's `face_landmarker.task`: a zip of three networks and a canonical face."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime.errors import FaceModelError
from realtime.tracking.native.geometry import CanonicalFace

DETECTOR = "face_detector.tflite"
MESH = "face_landmarks_detector.tflite"
BLENDSHAPES = "face_blendshapes.tflite"
GEOMETRY = "geometry_pipeline_metadata_landmarks.binarypb"
VERTEX_FLOATS = 5
"""x, y, z and two texture coordinates."""


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A face landmarker's parts: the bytes of its networks, and its canonical face."""

    detector: bytes
    mesh: bytes
    blendshapes: bytes
    face: CanonicalFace


def read_task_file(path: Path) -> TaskFile:
    """Read a `.task` file.

    Raises:
        FaceModelError: missing, damaged, or without one of the parts; one line.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [archive.read(name) for name in (DETECTOR, MESH, BLENDSHAPES, GEOMETRY)]
        return TaskFile(parts[0], parts[1], parts[2], canonical_face(parts[3]))
    except KeyError as error:
        raise FaceModelError(f"face model {path}: {error.args[0]}; is it face_landmarker.task?") from error
    except (OSError, zipfile.BadZipFile, ValueError, struct.error, IndexError) as error:
        raise FaceModelError(f"face model {path}: cannot be read ({error}); fetch it anew") from error


def canonical_face(message: bytes) -> CanonicalFace:
    """Read MediaPipe's `GeometryPipelineMetadata` message: mesh in field 1, weighted landmarks in field 2.

    Raises:
        ValueError: not such a message.
    """
    floats: list[bytes] = []
    landmarks: list[tuple[int, float]] = []
    for field, value in fields(message):
        if field == 1 and isinstance(value, bytes):
            floats += [number for key, number in fields(value) if key == 3 and isinstance(number, bytes)]
        elif field == 2 and isinstance(value, bytes):
            entry = dict(fields(value))
            weight = entry[2]
            if not isinstance(weight, bytes) or not isinstance(entry[1], int):
                raise ValueError("a landmark without its number and weight")
            landmarks.append((entry[1], struct.unpack("<f", weight)[0]))
    vertices = np.frombuffer(b"".join(floats), "<f4").reshape(-1, VERTEX_FLOATS)[:, :3].astype(np.float64)
    indices = np.array([index for index, _ in landmarks])
    weights = np.array([weight for _, weight in landmarks])
    return CanonicalFace(vertices, indices, vertices[indices], weights)


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and value of every field of a protocol buffer message: ints, or bytes for the rest.

    The wire format, so that these few numbers need no protobuf library and no generated code:
    https://protobuf.dev/programming-guides/encoding

    Raises:
        ValueError: not such a message.
    """
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        value: int | bytes
        if kind == 0:
            value, at = _varint(message, at)
        else:
            if kind == 2:
                size, at = _varint(message, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError(f"wire type {kind}")
            if at + size > len(message):
                raise ValueError("cut short")
            value, at = message[at : at + size], at + size
        yield tag >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at `at`, seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("cut short")
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
