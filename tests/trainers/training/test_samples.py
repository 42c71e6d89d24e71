"""Rows of a corpus as batches: pictures and tracked inputs as the runtime has them, labels as the corpus."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from realtime.calibration import RESTING
from realtime.heads import INPUTS
from realtime.types import Face, Pose
from trainers.corpora.corpus import EXPRESSIONS
from trainers.errors import CorpusError
from trainers.evaluation import crops
from trainers.training.facts import facts_of
from trainers.training.pictures import crop_input, equalised
from trainers.training.preparation import Equalise, Preparation
from trainers.training.recipe import PoseRange
from trainers.training.samples import make_samples, pose_groups_of, some
from trainers.training.train import split_of


@pytest.fixture
def samples(corpus, tracked, recipe):
    def made(*changes: str, rows: np.ndarray | None = None):
        """The training rows, or others, as a recipe wants them."""
        chosen = recipe(*changes)
        split = split_of(chosen, corpus)
        facts = facts_of(corpus, split, chosen.data)
        rows = split.train if rows is None else rows
        return make_samples(corpus, rows, chosen.data, facts, tracked, jobs=1), chosen.data

    return made


ALL = 'data.inputs=["landmarks", "blendshapes", "neutral", "pose"]'


def test_labels_are_the_corpus_own(samples, corpus) -> None:
    part, _ = samples("data.colour=rgb", rows=np.array([130, 5, 5, 131]))
    assert part.rows.tolist() == [5, 130, 131]
    assert part.epoch.tolist() == [1, 0, 0, 2]  # row 5 twice an epoch, its picture held once
    batch = part[np.array([2, 0])]
    rows = [131, 5]
    assert batch.row.tolist() == rows
    np.testing.assert_array_equal(batch.intensity.numpy(), corpus.intensity[rows])
    np.testing.assert_array_equal(batch.occurrence.numpy(), corpus.occurrence[rows])
    np.testing.assert_array_equal(batch.head_pose.numpy(), corpus.pose[rows])
    assert [EXPRESSIONS[i] for i in batch.expression] == corpus.expression[rows].tolist()
    assert batch.subject.tolist() == [-1, 0]  # row 131 is of somebody who is tested
    assert [part.facts.views[i] for i in batch.view] == corpus.view[rows].tolist()
    assert [part.facts.domains[i] for i in batch.domain] == corpus.domain[rows].tolist()
    assert batch.picture.dtype == torch.uint8
    assert batch.picture.shape == (2, 3, 16, 16)


def test_a_label_that_nobody_gave_is_nan_or_minus_one(samples, corpus) -> None:
    part, _ = samples("data.pose_groups.up.pitch=[-90, -45]", rows=np.array([0]))
    batch = part[np.array([0])]
    assert torch.isnan(batch.intensity[0, 1])
    assert batch.pose_group.item() == -1


def test_crops_are_the_runtimes_own(samples, corpus, tracked) -> None:
    part, data = samples("data.picture=crop", "data.colour=rgb", "data.mean=[0.4, 0.5, 0.6]")
    batch = Preparation(data).of_batch(part[np.arange(len(part))])
    live = crops(corpus, tracked, crop_input(data))
    expected = np.stack([live[row] for row in part.rows])
    half_a_level = 0.5 / 255 / 0.5
    np.testing.assert_allclose(batch.picture.numpy(), expected, atol=1.01 * half_a_level)


def test_rows_without_a_face_are_left_out_where_faces_are_needed(samples, tracked, corpus) -> None:
    whole, _ = samples()
    cut, _ = samples("data.picture=crop")
    assert len(whole) == 96
    assert len(cut) == 96 - (~tracked.found[:96]).sum()
    assert tracked.found[cut.rows].all()
    assert len(cut.epoch) == len(cut)
    with pytest.raises(CorpusError, match="no face was found in any of 1 pictures"):
        samples("data.picture=crop", rows=np.array([3]))


def test_faces_must_be_tracked_for_crops(corpus, recipe) -> None:
    chosen = recipe("data.picture=crop")
    split = split_of(chosen, corpus)
    with pytest.raises(CorpusError, match="its faces must be tracked for this recipe"):
        make_samples(corpus, split.train, chosen.data, facts_of(corpus, split, chosen.data), None)


def test_tracked_inputs_are_what_the_runtime_feeds(samples, corpus, tracked) -> None:
    part, data = samples(ALL)
    assert data.inputs == ("landmarks", "blendshapes", "neutral", "pose")
    faces = []
    for row in part.rows:
        yaw, pitch, roll = np.radians(tracked.pose[row])
        pose = Pose(yaw=yaw, pitch=pitch, roll=roll)
        face = Face(1, (0, 0, 1, 1), tracked.landmarks[row], tracked.blendshapes[row], pose, 1.0, RESTING)
        faces.append(face)
    batch = part[np.arange(len(part))]
    assert list(batch.inputs) == ["crop", "landmarks", "blendshapes", "neutral", "pose"]
    for kind in data.inputs:
        np.testing.assert_allclose(batch.inputs[kind].numpy(), INPUTS[kind](faces), atol=1e-6)


def test_a_subjects_own_resting_face_is_a_low_quantile_of_its_frontal_pictures(samples, tracked) -> None:
    part, _ = samples('data.inputs=["neutral"]', "data.neutral=subject")
    mine = part.rows < 12
    frontal = (np.abs(tracked.pose[:12, :2]) <= 15).all(axis=1) & tracked.found[:12]
    assert 0 < frontal.sum() < 12
    expected = np.quantile(tracked.blendshapes[:12][frontal], 0.2, axis=0, method="lower")
    np.testing.assert_array_equal(part.inputs["neutral"][mine], np.tile(expected, (mine.sum(), 1)))


def test_pictures_that_do_not_fit_in_memory_are_the_same(samples) -> None:
    held, _ = samples("data.picture=crop")
    lazy, _ = samples("data.picture=crop", "data.memory=0")
    assert isinstance(held.pictures, np.ndarray)
    assert not isinstance(lazy.pictures, np.ndarray)
    positions = np.array([7, 0, 3])
    assert torch.equal(held[positions].picture, lazy[positions].picture)


def test_whole_pictures_are_grey_then_equalised_then_resized(samples, corpus) -> None:
    part, _ = samples("data.equalise=true", "data.size=12", rows=np.array([4]))
    grey = cv2.cvtColor(corpus.images[4], cv2.COLOR_RGB2GRAY)
    expected = Image.fromarray(cv2.equalizeHist(grey)).resize((12, 12), Image.Resampling.BILINEAR)
    picture = part[np.array([0])].picture[0, 0].numpy().astype(float)
    assert np.abs(picture - np.asarray(expected)).max() <= 2  # levels of luma, spread by equalisation


@pytest.mark.parametrize("seed", range(3))
def test_equalisation_agrees_with_opencv(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grey = np.stack([rng.integers(30, 90, (40, 30)), rng.normal(128, 20, (40, 30)).clip(0, 255)])
    grey = grey.astype(np.uint8)
    expected = np.stack([cv2.equalizeHist(picture) for picture in grey])
    ours = np.stack([equalised(picture) for picture in grey])
    np.testing.assert_array_equal(ours, expected)
    torch_ours = Equalise()(torch.from_numpy(grey[:, None]).float() / 255) * 255
    np.testing.assert_allclose(torch_ours[:, 0].numpy(), expected, atol=1e-3)


def test_a_picture_of_one_level_stays_as_it_is() -> None:
    flat = np.full((5, 5), 77, np.uint8)
    np.testing.assert_array_equal(equalised(flat), flat)
    np.testing.assert_allclose(Equalise()(torch.full((1, 1, 5, 5), 77 / 255)) * 255, 77.0, atol=1e-4)


def test_pose_groups_divide_as_a_bundles_do() -> None:
    groups = {
        "up": PoseRange(pitch=(-90.0, -12.0)),
        "left": PoseRange(pitch=(-12.0, 90.0), yaw=(0.0, 90.0)),
        "rest": PoseRange(pitch=(-12.0, 90.0)),
    }
    pose = np.array([[0, -12.1, 0], [0, -12, 0], [-1, 0, 0], [95, 95, 0], [0, np.nan, 0]])
    assert pose_groups_of(pose, groups).tolist() == [0, 1, 2, 1, -1]


def test_some_faces_are_spread_over_all(samples) -> None:
    part, _ = samples()
    assert some(part, 4).row.tolist() == [0, 32, 63, 95]
    assert len(some(part, 1000)) == 96
