"""Reading `face_landmarker.task`."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import FaceModelError
from realtime.tracking.native.task_file import canonical_face, fields, read_task_file


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def encoded(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


field_values = st.tuples(st.integers(1, 500), st.one_of(st.integers(0, 2**63 - 1), st.binary(max_size=300)))


@given(st.lists(field_values, max_size=8))
def test_what_is_written_is_read(values: list[tuple[int, int | bytes]]) -> None:
    message = b"".join(encoded(number, value) for number, value in values)
    assert list(fields(message)) == values


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    try:
        read = list(fields(message))
    except ValueError:
        return
    assert all(isinstance(value, int | bytes) for _, value in read)


def test_numbers_of_fixed_size() -> None:
    message = varint(2 << 3 | 5) + struct.pack("<f", 1.5) + varint(3 << 3 | 1) + struct.pack("<d", 2.5)
    (two, four_bytes), (three, eight_bytes) = fields(message)
    assert (two, three) == (2, 3)
    assert struct.unpack("<f", four_bytes) == (1.5,)
    assert struct.unpack("<d", eight_bytes) == (2.5,)


def test_the_canonical_face_of_a_message() -> None:
    vertices = np.arange(4 * 5, dtype="<f4").reshape(4, 5)
    mesh = encoded(1, 7) + b"".join(varint(3 << 3 | 5) + struct.pack("<f", x) for x in vertices.ravel())
    landmarks = [
        encoded(2, encoded(1, index) + varint(2 << 3 | 5) + struct.pack("<f", weight))
        for index, weight in ((3, 0.5), (1, 0.25))
    ]
    face = canonical_face(encoded(1, mesh) + b"".join(landmarks) + encoded(3, 1))
    np.testing.assert_array_equal(face.vertices, vertices[:, :3])
    assert face.indices.tolist() == [3, 1]
    np.testing.assert_array_equal(face.points, vertices[[3, 1], :3])
    assert face.weights.tolist() == [0.5, 0.25]


def test_the_real_one(face_model_path) -> None:
    parts = read_task_file(face_model_path)
    assert parts.face.vertices.shape == (468, 3)
    assert len(parts.face.indices) == 33
    nose, chin = parts.face.vertices[1], parts.face.vertices[152]
    assert nose[1] > chin[1], "y is up"
    assert nose[2] > chin[2], "z is towards the viewer"
    assert [part[4:8] for part in (parts.detector, parts.mesh, parts.blendshapes)] == [b"TFL3"] * 3


@pytest.mark.parametrize("content", [b"", b"PK not a zip", None])
def test_no_such_file_or_no_zip(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "face.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FaceModelError, match=r"face model .*face\.task: ") as caught:
        read_task_file(path)
    assert "\n" not in str(caught.value)
