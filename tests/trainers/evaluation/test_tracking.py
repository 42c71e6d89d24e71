"""Faces of real pictures: found by one process as by two, the labelled one of several, kept in a file."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from realtime.errors import FaceModelError, OptionError
from realtime.tracking.extent import extent_of
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker
from realtime.tracking.pose import pose_from_matrix
from trainers.corpora.images import ImageFiles
from trainers.errors import CorpusError
from trainers.evaluation import Tracked, track


@pytest.fixture(scope="module")
def tracked(real_corpus, face_model_path) -> Tracked:
    return track(real_corpus, face_model=face_model_path, jobs=1)


def test_every_face_is_found_and_none_where_there_is_none(tracked) -> None:
    assert tracked.found.tolist() == [True] * 20 + [False] * 2
    assert np.isnan(tracked.landmarks[20:]).all()
    assert not np.isnan(tracked.landmarks[:20]).any()
    assert (np.abs(tracked.pose[:10]) < 15).all()  # she looks at the camera


def test_it_sees_what_the_runtimes_landmarker_sees(tracked, real_corpus, face_model_path) -> None:
    with create_landmarker(DEFAULT_LANDMARKER, face_model_path, stills=True) as landmarker:
        (face,) = landmarker.detect(real_corpus.images[12], 0.0)
    assert np.array_equal(tracked.landmarks[12], face.landmarks)
    assert np.array_equal(tracked.blendshapes[12], face.blendshapes)
    pose = pose_from_matrix(face.matrix)
    assert np.radians(tracked.pose[12]) == pytest.approx([pose.yaw, pose.pitch, pose.roll], abs=1e-6)


def test_two_processes_find_the_same_in_the_same_order(tracked, real_corpus, face_model_path) -> None:
    done: list[int] = []
    again = track(real_corpus, face_model=face_model_path, jobs=2, progress=done.append)
    for column in ("found", "landmarks", "blendshapes", "pose"):
        assert np.array_equal(getattr(again, column), getattr(tracked, column), equal_nan=column != "found")
    assert sum(done) == len(real_corpus)
    assert len(done) > 1


@pytest.fixture(scope="module")
def crowd(made_corpus, clip):
    """A picture of several people, and the boxes of two of them as labelled landmarks."""

    def make(points):
        marks = None if points is None else np.array([points], np.float32)
        return made_corpus(1, images=ImageFiles([clip("multi_face.jpg")]), landmarks=marks)

    return make


def test_the_labelled_face_of_several_is_taken(crowd, face_model_path) -> None:
    corpus = crowd(None)
    image = corpus.images[0]
    with create_landmarker(DEFAULT_LANDMARKER, face_model_path, stills=True) as landmarker:
        faces = landmarker.detect(image, 0.0)
    boxes = [extent_of(face.landmarks, image.shape[1], image.shape[0]) for face in faces]
    assert len(faces) == 2
    largest = int(np.argmax([box.width * box.height for box in boxes]))
    found = track(corpus, face_model=face_model_path, jobs=1)
    assert np.array_equal(found.landmarks[0], faces[largest].landmarks)

    other = next(k for k in range(len(faces)) if k != largest)
    labelled = crowd(faces[other].landmarks[:468, :2])
    found = track(labelled, face_model=face_model_path, jobs=1)
    assert np.array_equal(found.landmarks[0], faces[other].landmarks)


def test_a_face_beside_the_labelled_one_does_not_count(crowd, face_model_path) -> None:
    corner = track(crowd([[0, 0], [3, 0], [3, 3]]), face_model=face_model_path, jobs=1)
    assert not corner.found[0]
    unknown = track(crowd([[np.nan, np.nan]] * 3), face_model=face_model_path, jobs=1)
    assert unknown.found[0]


def test_an_unreadable_picture_is_one_line_from_another_process(
    tmp_path, made_corpus, face_model_path
) -> None:
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG")
    whole = tmp_path / "whole.png"
    Image.new("RGB", (16, 16)).save(whole)
    corpus = made_corpus(20, images=ImageFiles([whole] * 18 + [path] * 2))
    with pytest.raises(CorpusError, match=r"torn\.png"):
        track(corpus, face_model=face_model_path, jobs=2)


def test_a_broken_face_model_is_named(tmp_path, made_corpus) -> None:
    model = tmp_path / "face.task"
    model.write_bytes(b"nothing")
    with pytest.raises(FaceModelError, match=r"face\.task"):
        track(made_corpus(1), face_model=model, jobs=1)


def test_no_processes_are_refused(made_corpus, face_model_path) -> None:
    with pytest.raises(OptionError, match="jobs 0"):
        track(made_corpus(1), face_model=face_model_path, jobs=0)


# ---------------------------------------------------------------------------- the file


def test_it_comes_back_from_a_file_as_it_was(tmp_path, tracked, real_corpus, face_model_path) -> None:
    path = tmp_path / "faces"
    tracked.save(path, real_corpus)
    again = Tracked.load(path, real_corpus, face_model_path)
    assert again.face_model == tracked.face_model
    for column in ("found", "landmarks", "blendshapes", "pose"):
        assert np.array_equal(getattr(again, column), getattr(tracked, column), equal_nan=column != "found")
    assert [p.name for p in tmp_path.iterdir()] == ["faces"]


def test_a_file_of_other_pictures_or_another_model_is_refused(
    tmp_path, tracked, real_corpus, face_model_path
) -> None:
    path = tmp_path / "faces.npz"
    tracked.save(path, real_corpus)
    with pytest.raises(CorpusError, match="other pictures"):
        Tracked.load(path, real_corpus.select(np.arange(22)[::-1]), face_model_path)
    other = tmp_path / "other.task"
    other.write_bytes(b"another")
    with pytest.raises(CorpusError, match="face model"):
        Tracked.load(path, real_corpus, other)
    with pytest.raises(CorpusError, match="rows"):
        tracked.save(path, real_corpus.select([0]))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CorpusError, match=r"faces\.npz: cannot be read"):
        Tracked.load(path, real_corpus, face_model_path)
    np.savez(path, found=tracked.found)
    with pytest.raises(CorpusError, match="format 1"):
        Tracked.load(path, real_corpus, face_model_path)


def test_rows_are_selected_together(tracked) -> None:
    some = tracked.select(np.array([21, 3]))
    assert some.found.tolist() == [False, True]
    assert np.array_equal(some.landmarks[1], tracked.landmarks[3])
