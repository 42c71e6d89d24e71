"""What a camera does to a developed picture: blur, noise, colour, few pixels, compression."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter1d

# What contrast leaves as it is, sRGB.
MIDDLE_GREY = 0.45
# Luma of sRGB values (ITU-R BT.601).
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class Faults:
    """What the camera does to a picture once it is developed.

    Attributes:
        blur: deviation of the defocus, as a share of the picture's height.
        motion: (x, y) length of the motion blur, as a share of the picture's height.
        noise: deviation of the sensor's noise at middle grey, 0 to 1.
        contrast, saturation: multipliers around middle grey and around grey.
        scale: 1 keeps the resolution; below, the picture is stored smaller and blown up again.
        quality: JPEG quality of the camera's own compression, or None.
    """

    blur: float = 0.0
    motion: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    contrast: float = 1.0
    saturation: float = 1.0
    scale: float = 1.0
    quality: int | None = None


def with_faults(picture: NDArray[np.float32], faults: Faults, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the (H, W, 3) uint8 picture that the camera delivers of an sRGB one, 0 to 1."""
    from PIL import Image

    height, width = picture.shape[:2]
    if faults.blur * height > 0.2:
        picture = gaussian_filter(picture, (faults.blur * height, faults.blur * height, 0))
    if max(map(abs, faults.motion)) * height >= 1.0:
        picture = _shaken(picture, faults.motion)
    if faults.saturation != 1.0:
        grey = (picture * LUMA).sum(axis=2, keepdims=True)
        picture = grey + faults.saturation * (picture - grey)
    if faults.contrast != 1.0:
        picture = MIDDLE_GREY + faults.contrast * (picture - MIDDLE_GREY)
    small = picture
    if faults.scale < 1.0:
        reduced = Image.fromarray(_bytes(picture)).resize(
            (max(8, round(width * faults.scale)), max(8, round(height * faults.scale))), Image.Resampling.BOX
        )
        small = np.asarray(reduced, dtype=np.float32) / 255.0
    if faults.noise > 0.0:
        noise = rng.standard_normal(small.shape, dtype=np.float32) * np.float32(faults.noise)
        small = small + noise * (0.5 + np.clip(small, 0.0, 1.0))  # bright pixels are noisier
    delivered = Image.fromarray(_bytes(small))
    if faults.quality is not None:
        buffer = io.BytesIO()
        delivered.save(buffer, "JPEG", quality=faults.quality)
        delivered = Image.open(buffer)
    if delivered.size != (width, height):
        delivered = delivered.resize((width, height), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(delivered)


def _shaken(picture: NDArray[np.float32], motion: tuple[float, float]) -> NDArray[np.float32]:
    """Smear along x and along y, each by its length of `motion`."""
    height = picture.shape[0]
    for axis, length in ((1, motion[0]), (0, motion[1])):
        span = round(abs(length) * height)
        if span >= 2:
            picture = uniform_filter1d(picture, span, axis=axis, mode="nearest")
    return picture


def _bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(picture * 255.0 + 0.5, 0.0, 255.0), dtype=np.uint8)
