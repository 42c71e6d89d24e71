"""Pictures and labels changed together, reproducibly, and no further than asked."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from realtime.tracking.blendshapes import BLENDSHAPES
from trainers.training.augmentation import MIRROR, augmented, mirrored
from trainers.training.batch import Batch
from trainers.training.recipe import Augmentation

N = 64


@pytest.fixture
def batch() -> Batch:
    rng = np.random.default_rng(0)
    index = torch.arange(N)
    return Batch(
        inputs={
            "crop": torch.from_numpy(rng.random((N, 3, 20, 20), dtype=np.float32)),
            "blendshapes": torch.from_numpy(rng.random((N, 52), dtype=np.float32)),
            "neutral": torch.from_numpy(rng.random((N, 52), dtype=np.float32)),
            "pose": torch.from_numpy(rng.normal(size=(N, 3)).astype(np.float32)),
        },
        intensity=torch.zeros(N, 2),
        occurrence=torch.zeros(N, 2),
        expression=index,
        head_pose=torch.tensor([[20.0, 10.0, -5.0]]).repeat(N, 1),
        pose_group=torch.full((N,), 1),
        mirrored_group=torch.full((N,), 2),
        subject=index,
        view=index,
        domain=index,
        row=index,
    )


def changed(batch: Batch, seed: int = 0, **how: float) -> Batch:
    return augmented(batch, Augmentation(**how), np.random.default_rng(seed))


def test_nothing_asked_nothing_changed(batch) -> None:
    assert torch.equal(changed(batch).picture, batch.picture)
    assert torch.equal(changed(batch).head_pose, batch.head_pose)


def test_the_mirror_image_is_the_picture_reversed_with_its_labels(batch) -> None:
    flipped = changed(batch, flip=1.0)
    torch.testing.assert_close(flipped.picture, batch.picture.flip(3), atol=1e-5, rtol=0)
    assert flipped.head_pose[0].tolist() == [-20.0, 10.0, 5.0]
    torch.testing.assert_close(flipped.inputs["pose"], batch.inputs["pose"] * torch.tensor([-1.0, 1, -1]))
    left, right = BLENDSHAPES.index("mouthSmileLeft"), BLENDSHAPES.index("mouthSmileRight")
    jaw = BLENDSHAPES.index("jawOpen")
    for kind in ("blendshapes", "neutral"):
        assert torch.equal(flipped.inputs[kind][:, left], batch.inputs[kind][:, right])
        assert torch.equal(flipped.inputs[kind][:, right], batch.inputs[kind][:, left])
        assert torch.equal(flipped.inputs[kind][:, jaw], batch.inputs[kind][:, jaw])
    assert flipped.pose_group.tolist() == [2] * N
    assert flipped.view.tolist() == [-1] * N
    assert torch.equal(flipped.expression, batch.expression)


def test_half_of_the_pictures_are_mirrored_and_their_labels_with_them(batch) -> None:
    flipped = changed(batch, flip=0.5)
    turned = flipped.head_pose[:, 0] < 0
    assert 20 < turned.sum() < 44
    for index in range(N):
        expected = batch.picture[index].flip(2) if turned[index] else batch.picture[index]
        torch.testing.assert_close(flipped.picture[index], expected, atol=1e-5, rtol=0)


def test_sides_are_exchanged_and_exchanged_back(batch) -> None:
    assert (MIRROR[MIRROR] == np.arange(52)).all()
    assert (np.arange(52) != MIRROR).sum() == 40
    every = torch.ones(N, dtype=torch.bool)
    twice = mirrored(mirrored(batch, every), every)
    assert torch.equal(twice.inputs["blendshapes"], batch.inputs["blendshapes"])


def spot(batch: Batch) -> Batch:
    """The same batch with a bright square of 4 pixels in the middle of a black picture."""
    picture = torch.zeros(N, 3, 40, 40)
    picture[:, :, 18:22, 18:22] = 1.0
    return Batch(**{**vars(batch), "inputs": {"crop": picture}})


def centres(picture: torch.Tensor) -> torch.Tensor:
    """(N, 2) centre of brightness, x and y in shares of the picture from its middle."""
    place = (torch.arange(40) + 0.5) / 40 - 0.5
    mass = picture.mean(dim=1)
    total = mass.sum(dim=(1, 2))
    return torch.stack([(mass.sum(1) * place).sum(1), (mass.sum(2) * place).sum(1)], dim=1) / total[:, None]


def test_shifts_reach_as_far_as_asked_and_no_further(batch) -> None:
    moved = centres(changed(spot(batch), shift=0.1).picture).abs()
    assert 0.08 < moved.max() < 0.1001


def test_scales_reach_as_far_as_asked_and_no_further(batch) -> None:
    area = changed(spot(batch), scale=0.2).picture.mean(dim=1).sum(dim=(1, 2)) / 16
    assert 1.3 < area.max() < 1.47
    assert 1 / 1.47 < area.min() < 0.8


def test_turns_keep_the_middle_and_move_the_border(batch) -> None:
    turned = changed(spot(batch), rotate=10.0).picture
    assert centres(turned).abs().max() < 0.002
    assert not torch.allclose(changed(batch, rotate=10.0).picture, batch.picture, atol=0.05)


@pytest.mark.parametrize(
    "how",
    [
        {"brightness": 0.3},
        {"contrast": 0.3},
        {"gamma": 0.3},
        {"shade": 0.4},
        {"colour": 0.3},
        {"noise": 0.1},
        {"blur": 1.5},
        {"cutout": 0.5},
        {"grey": 0.5},
    ],
    ids=lambda how: next(iter(how)),
)
def test_looks_change_within_the_range_of_pixels(batch, how) -> None:
    look = changed(batch, **how).picture
    assert look.shape == batch.picture.shape
    assert 0.0 <= look.min() <= look.max() <= 1.0
    assert not torch.equal(look, batch.picture)
    assert torch.equal(look, changed(batch, **how).picture)
    assert not torch.equal(look, changed(batch, seed=1, **how).picture)


def test_light_comes_from_a_side_and_spares_the_middle(batch) -> None:
    grey = dataclasses.replace(batch, inputs={"crop": torch.full((N, 1, 21, 21), 0.4)})
    look = changed(grey, shade=0.5).picture[:, 0]
    torch.testing.assert_close(look[:, 10, 10], torch.full((N,), 0.4))
    edges = (look[:, 10, -1] / 0.4 - 1, look[:, -1, 10] / 0.4 - 1)
    for edge, opposite in zip(edges, (look[:, 10, 0], look[:, 0, 10]), strict=True):
        assert 0.4 < edge.abs().max() <= 0.5
        torch.testing.assert_close(opposite, 0.8 - 0.4 * (1 + edge))


def test_blur_keeps_brightness_and_takes_detail(batch) -> None:
    blurred = changed(batch, blur=2.0).picture
    spread = blurred.std(dim=(1, 2, 3)) / batch.picture.std(dim=(1, 2, 3))
    assert 16 < (spread < 0.99).sum() < 48  # half of them
    assert spread.max() < 1.001
    torch.testing.assert_close(blurred.mean(), batch.picture.mean(), atol=2e-3, rtol=0)


def test_grey_pictures_have_no_colour(batch) -> None:
    grey = changed(batch, grey=1.0).picture
    torch.testing.assert_close(grey[:, 0], grey[:, 2])
    luma = 0.299 * batch.picture[:, 0] + 0.587 * batch.picture[:, 1] + 0.114 * batch.picture[:, 2]
    torch.testing.assert_close(grey[:, 1], luma)


def test_one_strength_does_not_change_what_another_draws(batch) -> None:
    """Else two recipes that differ in one strength would differ in everything."""
    alone = changed(batch, flip=0.5).head_pose
    assert torch.equal(changed(batch, flip=0.5, noise=0.2, shift=0.1).head_pose, alone)
