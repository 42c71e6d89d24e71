from __future__ import annotations

import json
import struct

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from parts import face, frame
from wire_samples import result

from realtime.page.picture import JpegEncoder
from realtime.page.scene import MESH_UNIT, Scene, encoded, scene_of


def parsed(message: bytes) -> tuple[dict, list[np.ndarray], bytes]:
    """What `message.js` does."""
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    at = 4 + length
    assert at % 4 == 0
    meshes = []
    for points in header["meshes"]:
        meshes.append(np.frombuffer(message, "<i2", points * 2, at).reshape(-1, 2) / MESH_UNIT)
        at += points * 4
    assert len(message) - at == header["picture"]
    return header, meshes, message[at:]


@given(arrays(np.float32, (478, 2), elements=st.floats(-9000, 9000, width=32)), st.binary(max_size=50))
def test_a_message_holds_what_was_put_in(mesh: np.ndarray, jpeg: bytes) -> None:
    sent = result(7)
    header, (points,), rest = parsed(encoded(Scene(sent, None, (mesh,)), jpeg))
    assert header["result"]["seq"] == 7
    assert rest == jpeg
    np.testing.assert_allclose(points, np.clip(mesh, -8192, 8191.75), atol=0.5 / MESH_UNIT)


def test_of_a_frame_without_faces_there_is_the_picture() -> None:
    header, meshes, jpeg = parsed(encoded(scene_of(result(0, faces=()), frame(1), []), b"x"))
    assert (header["result"]["faces"], meshes, jpeg) == ([], [], b"x")
    assert header["position"] is header["total"] is None


def test_a_scene_has_a_mesh_for_each_face() -> None:
    faces = [face(1), face(2)]
    scene = scene_of(result(0), frame(1), faces)
    for mesh, one in zip(scene.meshes, faces, strict=True):
        np.testing.assert_array_equal(mesh, one.landmarks[:, :2])


@pytest.mark.parametrize(
    ("size", "wanted"), [((48, 64), (48, 64)), ((721, 1281), (540, 960)), ((2160, 3840), (540, 960))]
)
def test_pictures_are_scaled_down_never_up(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    rows, columns = np.indices(size)
    image = np.stack([rows * 255 // size[0], columns * 255 // size[1], 0 * rows], axis=2).astype(np.uint8)
    shown = decoded(JpegEncoder(960).encode(image))
    assert shown.shape[:2] == wanted
    step = size[0] / wanted[0]
    at = (np.array([0.2, 0.5, 0.8])[:, None] * wanted).round().astype(int)
    for row, column in at:
        expected = image[int(row * step), int(column * step)]
        np.testing.assert_allclose(shown[row, column], expected, atol=10)


def test_one_encoder_takes_pictures_of_any_size() -> None:
    encoder = JpegEncoder()
    for size in ((48, 64), (480, 640), (48, 64)):
        assert decoded(encoder.encode(np.full((*size, 3), 200, np.uint8))).shape[:2] == size


def decoded(jpeg: bytes) -> np.ndarray:
    import io

    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
