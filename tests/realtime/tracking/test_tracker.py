"""The tracker on real faces: landmarks, pose, identity, crops, and recovery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from engines.manifest import CropInput
from realtime.errors import FaceModelError, OptionError
from realtime.tracking.landmarker import Detection
from realtime.tracking.landmarkers import create_landmarker, landmarker_names
from realtime.tracking.mediapipe_landmarker import MediaPipeLandmarker
from realtime.tracking.native.landmarker import NativeLandmarker
from realtime.tracking.tracker import FaceTracker
from realtime.types import Frame

NOSE_TIP, CHIN, FOREHEAD = 1, 152, 10
CROP = CropInput(
    size=(96, 96),
    colour="grey",
    mean=(0.0,),
    std=(1.0,),
    anchors=((33, 133), (362, 263), (61, 291)),
    template=((0.32, 0.38), (0.68, 0.38), (0.5, 0.76)),
)


def frames_of(path: Path, count: int) -> Iterator[Frame]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number > count:
                return
            image = frame.to_ndarray(format="rgb24")
            yield Frame(image, number, number / 30, frame.pts, frame.time_base)


@pytest.fixture(params=landmarker_names())
def tracker_of(request, face_model_path):
    """Return a function that makes trackers on one of the landmarkers: every test runs on each."""

    def make(crop: CropInput | None = None, **options: int) -> FaceTracker:
        return FaceTracker(create_landmarker(request.param, face_model_path, **options), crop=crop)

    return make


def test_a_face_is_found_where_it_is_and_keeps_its_id(clip, tracker_of) -> None:
    with tracker_of() as tracker:
        for frame in frames_of(clip("single_face.mp4"), 10):
            (face,) = tracker.track(frame)
            assert face.track_id == 1
            assert face.landmarks.shape == (478, 3)
            x, y, width, height = face.bbox
            assert 100 < x < 400
            assert 100 < width < 250
            assert face.landmarks[FOREHEAD, 1] < face.landmarks[NOSE_TIP, 1] < face.landmarks[CHIN, 1]
            assert max(abs(face.pose.yaw), abs(face.pose.pitch), abs(face.pose.roll)) < 0.3
            assert face.blendshapes.shape == (52,)
            assert face.confidence == 1.0
        assert tracker.alive == {1}


def test_left_and_right_are_the_subjects_own(clip, tracker_of) -> None:
    # Mirroring the picture must turn yaw and roll around, and swap the sides of the blendshapes.
    from realtime.tracking.blendshapes import BLENDSHAPES

    frame = next(frames_of(clip("WolfgangLanger_Pexels.mp4"), 1))
    mirrored = Frame(np.ascontiguousarray(frame.image[:, ::-1]), 1, 0.0)
    with tracker_of() as one, tracker_of() as other:
        (face,), (twin,) = one.track(frame), other.track(mirrored)
    assert face.pose.yaw == pytest.approx(-twin.pose.yaw, abs=0.06)
    assert face.pose.roll == pytest.approx(-twin.pose.roll, abs=0.06)
    assert face.pose.pitch == pytest.approx(twin.pose.pitch, abs=0.06)
    out_left, out_right = BLENDSHAPES.index("eyeLookOutLeft"), BLENDSHAPES.index("eyeLookOutRight")
    difference = face.blendshapes[out_left] - face.blendshapes[out_right]
    assert np.sign(difference) == -np.sign(twin.blendshapes[out_left] - twin.blendshapes[out_right])


def test_two_people_in_one_picture(clip, tracker_of) -> None:
    with tracker_of(max_faces=8) as tracker:
        faces = tracker.track(next(frames_of(clip("multi_face.jpg"), 1)))
    assert len(faces) >= 2
    assert [face.track_id for face in faces] == list(range(1, len(faces) + 1))


def test_crops_are_upright_faces(clip, tracker_of) -> None:
    with tracker_of(CROP) as tracker:
        (face,) = tracker.track(next(frames_of(clip("single_face.mp4"), 1)))
    assert face.crop is not None
    assert face.crop.shape == (1, 96, 96)
    assert 0.0 <= face.crop.min() < face.crop.max() <= 1.0
    eyes, cheeks = face.crop[0, 34:40, 24:72].mean(), face.crop[0, 52:58, 24:72].mean()
    assert eyes < cheeks, "eyes and brows are darker than cheeks, and lie above them"


def test_a_face_that_is_found_twice_is_one(clip, face_model_path) -> None:
    class Doubling(NativeLandmarker):
        def detect(self, image: np.ndarray, t: float) -> list[Detection]:
            return [face for face in super().detect(image, t) for _ in range(2)]

    with FaceTracker(Doubling(face_model_path), crop=CROP) as tracker:
        for frame in frames_of(clip("single_face.mp4"), 3):
            assert [face.track_id for face in tracker.track(frame)] == [1]


def test_a_face_cut_off_by_the_border_is_less_sure(clip, tracker_of) -> None:
    frame = next(frames_of(clip("single_face.mp4"), 1))
    with tracker_of() as tracker:
        (whole,) = tracker.track(frame)
        x, _, width, _ = whole.bbox
        cut = np.ascontiguousarray(frame.image[:, : int(x + 0.7 * width)])
    with tracker_of() as tracker:
        found = tracker.track(Frame(cut, 1, 0.0))
    assert not found or found[0].confidence < 0.95


def test_time_may_step_back(clip, tracker_of) -> None:
    frames = list(frames_of(clip("single_face.mp4"), 6))
    with tracker_of() as tracker:
        for frame in [*frames, *frames]:
            assert len(tracker.track(frame)) == 1


def test_mediapipe_recovers_from_an_error(clip, face_model_path) -> None:
    frame = next(frames_of(clip("single_face.mp4"), 1))
    with MediaPipeLandmarker(face_model_path) as landmarker:
        assert len(landmarker.detect(frame.image, 0.0)) == 1
        # A time stamp that does not rise is an error for good in MediaPipe's graph: provoke it.
        landmarker._clock_ms = -(10**6)
        assert len(landmarker.detect(frame.image, 0.1)) == 1
        assert len(landmarker.detect(frame.image, 0.2)) == 1


@pytest.mark.parametrize("name", landmarker_names())
def test_a_file_that_is_no_model_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "face.task").write_bytes(b"PK not a model")
    with pytest.raises(FaceModelError, match=r"face model .*face\.task: ") as caught:
        create_landmarker(name, tmp_path / "face.task").open()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", landmarker_names())
def test_detecting_before_opening_is_a_mistake(name: str, face_model_path) -> None:
    with pytest.raises(RuntimeError, match="before open"):
        create_landmarker(name, face_model_path).detect(np.zeros((8, 8, 3), np.uint8), 0.0)


def test_a_landmarker_that_does_not_exist(face_model_path) -> None:
    with pytest.raises(OptionError, match="tracker 'dlib' is unknown: use one of native, mediapipe"):
        create_landmarker("dlib", face_model_path)
