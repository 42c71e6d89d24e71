"""Grey, histogram equalised, resized; and the pose groups."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from trainers.corpora.images import ArrayImages
from trainers.pose_dependent.pose_groups import pose_group_numbers
from trainers.pose_dependent.preparation import PreparedImages, as_input, equalised, prepared


def gradual(shape=(40, 30), low=90, high=130, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.uint8)


@pytest.mark.parametrize(
    "grey",
    [
        gradual(),
        gradual((7, 5), 0, 256),
        gradual((301, 211), 3, 250, seed=4),
        np.repeat(np.array([[0, 255]], np.uint8), 9, axis=0),
        np.array([[7, 7, 7, 9]], np.uint8),
        np.full((5, 5), 130, np.uint8),
    ],
)
def test_histograms_are_equalised_as_opencv_does(grey) -> None:
    cv2 = pytest.importorskip("cv2")
    assert np.array_equal(equalised(grey), cv2.equalizeHist(grey))


def test_equalised_greys_are_shares_of_brighter_pixels() -> None:
    # Of the four pixels that are not the darkest, one is up to 60, two up to 70, four up to 80.
    grey = np.array([[50, 50, 60, 70, 80, 80]], np.uint8)
    assert equalised(grey).tolist() == [[0, 0, 64, 128, 255, 255]]
    same = np.full((2, 2), 9, np.uint8)
    assert np.array_equal(equalised(same), same)


def test_pictures_are_grey_equalised_and_resized_in_this_order() -> None:
    picture = np.random.default_rng(1).integers(60, 120, (90, 120, 3)).astype(np.uint8)
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    wanted = np.asarray(Image.fromarray(equalised(grey)).resize((64, 64), Image.Resampling.BILINEAR))
    made = prepared(picture, 64)
    assert made.shape == (64, 64) and made.dtype == np.uint8
    assert np.array_equal(made, wanted)
    assert prepared(picture).shape == (224, 224)


def test_the_light_does_not_matter() -> None:
    dark = np.random.default_rng(2).integers(0, 100, (50, 50, 1)).repeat(3, axis=2).astype(np.uint8)
    assert np.array_equal(prepared(dark, 32), prepared(dark * 2 + 30, 32))


def test_prepared_images_are_read_one_by_one() -> None:
    pictures = np.random.default_rng(3).integers(0, 256, (3, 20, 30, 3)).astype(np.uint8)
    images = PreparedImages(ArrayImages(pictures), 16)
    assert len(images) == 3
    assert np.array_equal(images[2], prepared(pictures[2], 16))


def test_inputs_have_mean_0_and_spread_1() -> None:
    even = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    made = as_input(even)
    assert made.shape == (1, 1, 16, 16) and made.dtype == torch.float32
    assert made.mean().item() == pytest.approx(0, abs=1e-6)
    assert made.std().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(as_input(torch.from_numpy(even)), made)


def test_pose_groups_are_of_pitch(make_corpus) -> None:
    pose = np.full((6, 3), np.nan, np.float32)
    pose[:5, 1] = [-30, -14.9, 0, 15, 40]
    corpus = make_corpus(6, pose=pose, view=np.array(["1"] * 6))
    assert pose_group_numbers(corpus).tolist() == [0, 1, 1, 2, 2, -1]


def test_fera_2017_tells_the_group_by_the_view(make_corpus) -> None:
    views = np.array(["1", "3", "4", "6", "7", "9"])
    corpus = make_corpus(6, view=views, name="FERA 2017")
    assert pose_group_numbers(corpus).tolist() == [0, 0, 1, 1, 2, 2]
    assert pose_group_numbers(make_corpus(6, view=views)).tolist() == [-1] * 6
