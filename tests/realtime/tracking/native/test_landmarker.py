"""The native landmarker against MediaPipe's own, on real faces."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import FaceModelError
from realtime.tracking.landmarker import Detection, Landmarker
from realtime.tracking.mediapipe_landmarker import MediaPipeLandmarker
from realtime.tracking.native.landmarker import NativeLandmarker
from realtime.tracking.pose import pose_from_matrix


def pictures(path: Path, count: int, step: int = 1) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [np.ascontiguousarray(frame) for frame in frames[::step][:count]]


def both(
    path: Path, images: list[np.ndarray], *options: int, stills: bool = False
) -> list[tuple[list[Detection], list[Detection]]]:
    """What MediaPipe finds in each picture, and what we find."""
    with (
        MediaPipeLandmarker(path, *options, stills=stills) as oracle,
        NativeLandmarker(path, *options, stills=stills) as native,
    ):
        return [
            (oracle.detect(image, number / 30), native.detect(image, number / 30))
            for number, image in enumerate(images)
        ]


def assert_alike(
    pairs: list[tuple[list[Detection], list[Detection]]], pixels: float, most_pixels: float
) -> None:
    assert all(len(found) == len(ours) for found, ours in pairs)
    faces = [pair for found, ours in pairs for pair in zip(found, ours, strict=True)]
    assert faces
    apart = np.array([np.linalg.norm((a.landmarks - b.landmarks)[:, :2], axis=1) for a, b in faces])
    deep = np.array([np.abs(a.landmarks - b.landmarks)[:, 2] for a, b in faces])
    assert np.median(apart) < pixels
    assert np.percentile(apart, 95) < most_pixels
    assert np.percentile(deep, 95) < most_pixels
    shapes = np.array([np.abs(a.blendshapes - b.blendshapes) for a, b in faces])
    assert shapes.mean() < 0.003
    angles = [
        np.degrees(np.subtract(*([p.yaw, p.pitch, p.roll] for p in map(pose_from_matrix, pair))))
        for pair in ([a.matrix, b.matrix] for a, b in faces)
    ]
    assert np.abs(angles).max() < 0.5
    places = np.array([np.abs(a.matrix - b.matrix)[:3, 3] / abs(a.matrix[2, 3]) for a, b in faces])
    assert places.max() < 0.005


@pytest.mark.parametrize("name", ["single_face.mp4", "WolfgangLanger_Pexels.mp4"])
def test_stills(name: str, clip, face_model_path) -> None:
    assert_alike(both(face_model_path, pictures(clip(name), 8, 9), 1, stills=True), 0.02, 0.1)


def test_several_faces_in_a_still(clip, face_model_path) -> None:
    pairs = both(face_model_path, pictures(clip("multi_face.jpg"), 1), 8, stills=True)
    assert len(pairs[0][0]) >= 2
    assert_alike(pairs, 0.1, 0.5)


@pytest.mark.parametrize("name", ["single_face.mp4", "WolfgangLanger_Pexels.mp4"])
def test_one_face_followed_and_steadied(name: str, clip, face_model_path) -> None:
    # Steadied landmarks pass a filter that remembers, so that small differences last.
    assert_alike(both(face_model_path, pictures(clip(name), 60), 1), 0.1, 0.4)


def test_more_faces_looked_for_in_each_picture(clip, face_model_path) -> None:
    images = pictures(clip("WolfgangLanger_Pexels.mp4"), 20, 3)
    assert_alike(both(face_model_path, images, 4), 0.02, 0.1)


def test_a_face_that_comes_and_goes(clip, face_model_path) -> None:
    images = pictures(clip("face_noface.mov"), 40, 4)
    pairs = both(face_model_path, images, 1)
    counts = [(len(found), len(ours)) for found, ours in pairs]
    assert {1, 0} <= {ours for _, ours in counts}
    assert sum(found != ours for found, ours in counts) <= len(counts) // 20


def test_no_face_is_found_where_there_is_none(clip, face_model_path) -> None:
    with NativeLandmarker(face_model_path) as native:
        assert not any(native.detect(image, 0.0) for image in pictures(clip("no_face.mp4"), 3, 10))


def test_the_detector_rests_while_all_faces_are_followed(clip, face_model_path, monkeypatch) -> None:
    images = pictures(clip("single_face.mp4"), 4)
    with NativeLandmarker(face_model_path, 1) as native:
        assert len(native.detect(images[0], 0.0)) == 1
        monkeypatch.setattr(native, "_find", None)  # calling it would fail
        assert [len(native.detect(image, 0.1)) for image in images[1:]] == [1, 1, 1]


def test_two_regions_of_one_face_give_one_face(clip, face_model_path) -> None:
    image = pictures(clip("single_face.mp4"), 1)[0]
    with NativeLandmarker(face_model_path, 4) as native:
        for number in range(3):
            assert len(native.detect(image, number / 30)) == 1


def test_reset_forgets(clip, face_model_path) -> None:
    one, other = pictures(clip("single_face.mp4"), 1) + pictures(clip("WolfgangLanger_Pexels.mp4"), 1)
    with NativeLandmarker(face_model_path, 1) as native:
        fresh = native.detect(other, 0.0)[0]
        native.reset()
        native.detect(one, 0.0)
        native.reset()
        again = native.detect(other, 0.0)[0]
    np.testing.assert_array_equal(fresh.landmarks, again.landmarks)


def test_pictures_with_gaps_between_their_rows(clip, face_model_path) -> None:
    image = pictures(clip("single_face.mp4"), 1)[0]
    padded = np.zeros((image.shape[0], image.shape[1] + 7, 3), np.uint8)
    padded[:, : image.shape[1]] = image
    with NativeLandmarker(face_model_path, stills=True) as native:
        whole, view = native.detect(image, 0.0), native.detect(padded[:, : image.shape[1]], 0.0)
    np.testing.assert_array_equal(whole[0].landmarks, view[0].landmarks)


@pytest.mark.parametrize("name", ["face_detector.tflite", "geometry_pipeline_metadata_landmarks.binarypb"])
def test_a_model_file_without_a_part_is_refused(name: str, face_model_path, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "face.task"
    with zipfile.ZipFile(face_model_path) as whole, zipfile.ZipFile(path, "w") as less:
        for entry in whole.namelist():
            if entry != name:
                less.writestr(entry, whole.read(entry))
    with pytest.raises(FaceModelError, match=rf"face\.task: .*{name}.*face_landmarker\.task") as caught:
        NativeLandmarker(path).open()
    assert "\n" not in str(caught.value)


def test_a_network_that_is_damaged_is_refused(face_model_path, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "face.task"
    with zipfile.ZipFile(face_model_path) as whole, zipfile.ZipFile(path, "w") as broken:
        for entry in whole.namelist():
            broken.writestr(entry, whole.read(entry)[:1000] if "detector" in entry else whole.read(entry))
    landmarker: Landmarker = NativeLandmarker(path)
    with pytest.raises(FaceModelError, match=r"face\.task: detector: LiteRT cannot load it") as caught:
        landmarker.open()
    assert "\n" not in str(caught.value)
