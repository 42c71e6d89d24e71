"""Training pictures changed at random, a batch at a time on the device that trains.

What changes a label or another input changes it too: the mirror image has its yaw, its roll, and the sides
of its blendshapes exchanged. Shifts and small turns of the crop leave labels alone, since the head's pose is
that of the whole picture.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from realtime.tracking.blendshapes import BLENDSHAPES
from trainers.training.batch import Batch
from trainers.training.preparation import with_picture
from trainers.training.recipe import Augmentation

# Rec. 601 luma, as the runtime's grey.
LUMA = (0.299, 0.587, 0.114)


def augmented(batch: Batch, how: Augmentation, rng: np.random.Generator) -> Batch:
    """Return the batch changed.

    Args:
        batch: with pictures as float32 in 0-1, if it has pictures.
        how: far.
        rng: as many numbers are drawn from it whatever the strengths are.
    """
    n = len(batch)
    draws = _Draws(rng, n, batch.row.device)
    flip = draws.chance(how.flip)
    turn = draws.uniform(math.radians(how.rotate))
    size = torch.exp(draws.uniform(math.log1p(how.scale)))
    shift = torch.stack([draws.uniform(2 * how.shift), draws.uniform(2 * how.shift)], dim=1)
    if "crop" in batch.inputs:
        picture = batch.picture
        if how.flip or how.rotate or how.scale or how.shift:
            picture = _warped(picture, flip, turn, size, shift)
        picture = _recoloured(picture, how, draws)
        picture = _degraded(picture, how, draws)
        batch = with_picture(batch, picture)
    return mirrored(batch, flip) if how.flip else batch


def mirrored(batch: Batch, which: Tensor) -> Batch:
    """Return the batch whose labels and inputs other than the picture are those of the mirror image.

    Args:
        which: (B,) bool; the others stay as they are.
    """
    sides = torch.tensor(MIRROR, device=which.device)
    turned = torch.tensor([-1.0, 1.0, -1.0], device=which.device)  # yaw and roll
    inputs = dict(batch.inputs)
    for kind in ("blendshapes", "neutral"):
        if kind in inputs:
            inputs[kind] = torch.where(which[:, None], inputs[kind][:, sides], inputs[kind])
    if "pose" in inputs:
        inputs["pose"] = torch.where(which[:, None], inputs["pose"] * turned, inputs["pose"])
    return dataclasses.replace(
        batch,
        inputs=inputs,
        head_pose=torch.where(which[:, None], batch.head_pose * turned, batch.head_pose),
        pose_group=torch.where(which, batch.mirrored_group, batch.pose_group),
        view=torch.where(which, -1, batch.view),  # another camera's, or nobody's
    )


def _mirror() -> NDArray[np.int64]:
    """(52,) where each blendshape stands whose other side it is."""
    place = {name: index for index, name in enumerate(BLENDSHAPES)}

    def other(name: str) -> str:
        for side, opposite in (("Left", "Right"), ("Right", "Left")):
            if name.endswith(side):
                return name.removesuffix(side) + opposite
        return name

    return np.array([place[other(name)] for name in BLENDSHAPES])


MIRROR = _mirror()


class _Draws:
    """One number per picture, on its device."""

    def __init__(self, rng: np.random.Generator, n: int, device: torch.device) -> None:
        self._rng = rng
        self._n = n
        self._device = device
        # Noise is drawn where the pictures are; the rest is little, and the same on every device.
        self._noise = torch.Generator(device)
        self._noise.manual_seed(int(rng.integers(1 << 62)))

    def uniform(self, most: float, least: float | None = None) -> Tensor:
        """From -most, or from `least`, to `most`."""
        low = -most if least is None else least
        drawn = low + (most - low) * self._rng.random(self._n)
        return torch.tensor(drawn, dtype=torch.float32, device=self._device)

    def chance(self, probability: float) -> Tensor:
        return torch.tensor(self._rng.random(self._n) < probability, device=self._device)

    def normal(self, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=self._noise, device=self._device)


def _warped(picture: Tensor, flip: Tensor, turn: Tensor, size: Tensor, shift: Tensor) -> Tensor:
    """Similarity and mirror image; beyond the border its pixels repeat, as in the runtime's crops."""
    mirror = torch.where(flip, -1.0, 1.0)
    cos, sin = torch.cos(turn) / size, torch.sin(turn) / size
    rows = [
        torch.stack([mirror * cos, -mirror * sin, shift[:, 0]], dim=1),
        torch.stack([sin, cos, shift[:, 1]], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(picture.shape), align_corners=False)
    return functional.grid_sample(picture, grid, padding_mode="border", align_corners=False)


def _recoloured(picture: Tensor, how: Augmentation, draws: _Draws) -> Tensor:
    """Gamma, contrast, brightness, light from a side; then saturation and the gains of the channels."""

    def each(values: Tensor) -> Tensor:
        return values.reshape(-1, 1, 1, 1)

    gamma, contrast = draws.uniform(how.gamma), 1 + draws.uniform(how.contrast)
    brightness, saturation = 1 + draws.uniform(how.brightness), 1 + draws.uniform(how.colour)
    gains = torch.stack([1 + draws.uniform(how.colour / 2) for _ in range(3)], dim=1)
    grey = draws.chance(how.grey)
    across, down = draws.uniform(how.shade), draws.uniform(how.shade)
    if how.gamma:
        picture = picture.clamp(min=1e-4) ** each(torch.exp(gamma))
    if how.contrast:
        mean = picture.mean(dim=(1, 2, 3), keepdim=True)
        picture = mean + (picture - mean) * each(contrast)
    if how.brightness:
        picture = picture * each(brightness)
    if how.shade:
        picture = picture * _slope(across, down, picture.shape)
    if picture.shape[1] == 3 and (how.colour or how.grey):
        luma = (picture * torch.tensor(LUMA, device=picture.device).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
        saturation, gains = torch.where(grey, 0.0, saturation), torch.where(grey[:, None], 1.0, gains)
        picture = (luma + (picture - luma) * each(saturation)) * gains[:, :, None, None]
    return picture.clamp(0.0, 1.0)


def _slope(across: Tensor, down: Tensor, shape: torch.Size) -> Tensor:
    """(B, 1, H, W) light that changes by `across` and `down` from the middle to the borders."""
    rows, columns = (torch.linspace(-1.0, 1.0, side, device=across.device) for side in shape[2:])
    return (1.0 + down[:, None, None, None] * rows[:, None] + across[:, None, None, None] * columns).clamp(
        min=0.1
    )


def _degraded(picture: Tensor, how: Augmentation, draws: _Draws) -> Tensor:
    """Blur, noise and a covered rectangle, each on half of the pictures."""
    blur = torch.where(draws.chance(0.5), draws.uniform(how.blur, 0.0), 0.0)
    noise = torch.where(draws.chance(0.5), draws.uniform(how.noise, 0.0), 0.0)
    covered = draws.chance(0.5)
    height, width = draws.uniform(how.cutout, 0.0), draws.uniform(how.cutout, 0.0)
    top, left, shade = draws.uniform(1.0, 0.0), draws.uniform(1.0, 0.0), draws.uniform(1.0, 0.0)
    if how.blur:
        picture = _blurred(picture, blur, how.blur)
    if how.noise:
        picture = (picture + draws.normal(picture.shape) * noise[:, None, None, None]).clamp(0.0, 1.0)
    if how.cutout:
        rows = _inside(top, height, picture.shape[2])[:, None, :, None]
        columns = _inside(left, width, picture.shape[3])[:, None, None, :]
        hidden = rows & columns & covered[:, None, None, None]
        picture = torch.where(hidden, shade[:, None, None, None], picture)
    return picture


def _inside(start: Tensor, length: Tensor, size: int) -> Tensor:
    """(B, size) bool: pixels of a stretch of that length, placed anywhere it fits; both as shares."""
    place = (torch.arange(size, device=start.device) + 0.5) / size
    begin = (start * (1 - length))[:, None]
    return (place >= begin) & (place < begin + length[:, None])


def _blurred(picture: Tensor, sigma: Tensor, most: float) -> Tensor:
    """A Gaussian of its own for each picture, rows and columns apart."""
    n, channels, height, width = picture.shape
    reach = min(math.ceil(2.5 * most), height - 1, width - 1)
    offset = torch.arange(-reach, reach + 1, device=picture.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (offset / sigma.clamp(min=1e-2)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)[:, None, None]
    flat = picture.reshape(1, n * channels, height, width)
    flat = functional.pad(flat, (reach, reach, 0, 0), mode="replicate")
    flat = functional.conv2d(flat, kernel, groups=n * channels)
    flat = functional.pad(flat, (0, 0, reach, reach), mode="replicate")
    flat = functional.conv2d(flat, kernel.transpose(2, 3), groups=n * channels)
    return flat.reshape(picture.shape)
