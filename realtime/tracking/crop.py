"""The aligned crop of a face: similarity warp, colour, normalisation and channel order in one pass."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.compiled import coming, compiled
from engines.manifest import CropInput
from realtime.types import LateCrop

# Rec. 601 luma, what "grey" means in OpenCV and PIL, and so in most training code.
LUMA = (0.299, 0.587, 0.114)
# Beyond 4 x 4 samples a pixel the picture hardly changes while the cost still grows with the square.
MOST_SAMPLES = 4


@compiled
def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares similarity (rotation, uniform scale, translation; no mirror) from points to points.

    Args:
        source, target: (n, 2) points, n >= 2.

    Returns:
        (2, 3) matrix M with target ~ M[:, :2] @ source + M[:, 2]. If all source points coincide,
        scale 1 and no rotation. Closed form of Umeyama (1991) for the plane.
    """
    n = len(source)
    source_x, source_y = source[:, 0].sum() / n, source[:, 1].sum() / n
    target_x, target_y = target[:, 0].sum() / n, target[:, 1].sum() / n
    spread = along = across = 0.0
    for k in range(n):
        x, y = source[k, 0] - source_x, source[k, 1] - source_y
        to_x, to_y = target[k, 0] - target_x, target[k, 1] - target_y
        spread += x * x + y * y
        along += x * to_x + y * to_y
        across += x * to_y - y * to_x
    a, b = (1.0, 0.0) if spread < 1e-12 else (along / spread, across / spread)
    matrix = np.empty((2, 3))
    matrix[0, 0], matrix[0, 1], matrix[0, 2] = a, -b, target_x - (a * source_x - b * source_y)
    matrix[1, 0], matrix[1, 1], matrix[1, 2] = b, a, target_y - (b * source_x + a * source_y)
    return matrix


@compiled
def _crop_to_image(
    target: NDArray[np.float64],
    landmarks: NDArray[np.float32],
    anchors: NDArray[np.int64],
    group_ends: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the similarity from `target` (g, 2) to the means of g groups of landmarks, in pixel centres.

    Group k is anchors[group_ends[k - 1] : group_ends[k]].
    """
    points = np.empty((len(group_ends), 2))
    begin = 0
    for k, end in enumerate(group_ends):
        for axis in range(2):
            total = np.float32(0.0)
            for anchor in anchors[begin:end]:
                total += landmarks[anchor, axis]
            # Landmarks count from the picture's edge, samples from the first pixel's centre.
            points[k, axis] = total / np.float32(end - begin) - 0.5
        begin = end
    return similarity(target, points)


class CutsCrops(Protocol):
    """What cuts the aligned crop of a face out of a picture: an `Aligner`, or one that works on a GPU."""

    def __call__(
        self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]
    ) -> NDArray[np.float32] | LateCrop:
        """Return the (C, H, W) crop of one face; see `Aligner`."""


class Aligner:
    """Cuts aligned crops as one bundle's crop input declares them.

    Attributes:
        spec: what crops to cut.
        gain, bias: (C,) float32: value = sample 0-255 * gain + bias.
    """

    def __init__(self, spec: CropInput) -> None:
        self.spec = spec
        height, width = spec.size
        # Crop coordinates count pixel centres: the template's unit square spans the outer pixel edges.
        self._target = np.array(spec.template, dtype=np.float64) * (width, height) - 0.5
        self._anchors = np.concatenate([np.array(group) for group in spec.anchors])
        self._group_ends = np.cumsum([len(group) for group in spec.anchors])
        self._shape = spec.shape
        gain = 1.0 / (255.0 * np.array(spec.std, dtype=np.float64))
        self.gain = gain.astype(np.float32)
        self.bias = (-np.array(spec.mean) / np.array(spec.std)).astype(np.float32)

    def __call__(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the (C, H, W) float32 crop of one face.

        Args:
            image: (H, W, 3) uint8 RGB, C-contiguous.
            landmarks: (n, 2 or more) landmarks in pixels of that image.

        Pixels outside the picture repeat its border. Where the crop shrinks the picture, each crop
        pixel is the mean of a grid of bilinear samples, so that detail is not aliased.
        """
        crop = np.empty(self._shape, dtype=np.float32)
        warp_normalise(image, self.to_image(landmarks), self.gain, self.bias, crop)
        return crop

    def to_image(self, landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from crop column and row to pixel, both counted from a pixel's centre."""
        return _crop_to_image(self._target, landmarks, self._anchors, self._group_ends)


def warp_normalise(
    image: NDArray[np.uint8],
    to_image: NDArray[np.float64],
    gain: NDArray[np.float32],
    bias: NDArray[np.float32],
    crop: NDArray[np.float32],
) -> None:
    """Fill `crop` (C, H, W) from `image` (h, w, 3) through `to_image` (2, 3): crop pixel -> image pixel.

    value = sample * gain[c] + bias[c]; with one channel the sample is the luma of the RGB sample.
    """
    n = samples_across(to_image)
    if crop.shape[0] == 1:
        _warp_grey(image, to_image, n, gain[0], bias[0], crop[0])
    else:
        _warp_colour(image, to_image, n, gain, bias, crop)


def samples_across(to_image: NDArray[np.float64]) -> int:
    """Return how many samples a crop pixel takes along a side, so that no detail is aliased."""
    scale = math.hypot(to_image[0, 0], to_image[1, 0])
    return min(MOST_SAMPLES, max(1, math.ceil(scale - 1e-9)))


@compiled
def _warp_grey(
    image: NDArray[np.uint8],
    to_image: NDArray[np.float64],
    n: int,
    gain: np.float32,
    bias: np.float32,
    crop: NDArray[np.float32],
) -> None:
    """Fill `crop` (H, W) with means of n x n bilinear samples of the picture's luma.

    Samples, luma and normalisation are linear, so each pixel under the crop is made grey once and samples
    are taken of that: less than half of the time of sampling three colours.
    """
    height, width = crop.shape
    # The outermost samples lie at the corners.
    out = 0.5 - 0.5 / n
    left = top = np.inf
    right = bottom = -np.inf
    for u in (-out, width - 1 + out):
        for v in (-out, height - 1 + out):
            x = to_image[0, 0] * u + to_image[0, 1] * v + to_image[0, 2]
            y = to_image[1, 0] * u + to_image[1, 1] * v + to_image[1, 2]
            left, right = min(left, x), max(right, x)
            top, bottom = min(top, y), max(bottom, y)
    last_column, last_row = image.shape[1] - 1, image.shape[0] - 1
    x0, x1 = int(min(max(left - 1.0, 0.0), last_column)), int(min(max(right + 2.0, 0.0), last_column))
    y0, y1 = int(min(max(top - 1.0, 0.0), last_row)), int(min(max(bottom + 2.0, 0.0), last_row))
    grey = np.empty((y1 - y0 + 1, x1 - x0 + 1), dtype=np.float32)
    red, green, blue = (np.float32(LUMA[0]) * gain, np.float32(LUMA[1]) * gain, np.float32(LUMA[2]) * gain)
    pixels, stride = image.reshape(-1), 3 * image.shape[1]
    for i in range(grey.shape[0]):
        # Not many pixels of a line are wanted: too few for the processor to see what comes next.
        soon = (y0 + i + 2) * stride
        for byte in range(soon + 3 * x0, soon + 3 * (x1 + 1), 64):
            coming(pixels, byte)
        line, shades = image[y0 + i].reshape(-1)[3 * x0 : 3 * (x1 + 1)], grey[i]
        for c in range(len(shades)):
            r, g, b = np.float32(line[3 * c]), np.float32(line[3 * c + 1]), np.float32(line[3 * c + 2])
            shades[c] = red * r + green * g + blue * b + bias
    # Each row of samples in three loops: where they lie is vectorised, fetching them is not.
    shades, pitch = grey.reshape(-1), np.uint32(grey.shape[1])
    last_x, last_y = np.float64(grey.shape[1] - 1), np.float64(grey.shape[0] - 1)
    count = n * width
    at, across, down = np.empty(count, np.uint32), np.empty(count, np.uint32), np.empty(count, np.uint32)
    part_x, part_y, samples = (
        np.empty(count, np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.float32),
    )
    step_x, step_y = to_image[0, 0] / n, to_image[1, 0] / n
    share = np.float32(1.0 / (n * n))
    for v in range(height):
        crop[v] = np.float32(0.0)
        for j in range(n):
            first_u, first_v = 0.5 / n - 0.5, v + (j + 0.5) / n - 0.5
            first_x = to_image[0, 0] * first_u + to_image[0, 1] * first_v + to_image[0, 2] - x0
            first_y = to_image[1, 0] * first_u + to_image[1, 1] * first_v + to_image[1, 2] - y0
            for k in range(count):
                x = min(max(first_x + step_x * k, 0.0), last_x)
                y = min(max(first_y + step_y * k, 0.0), last_y)
                column, row = np.int32(x), np.int32(y)
                part_x[k], part_y[k] = np.float32(x - column), np.float32(y - row)
                at[k] = np.uint32(row) * pitch + np.uint32(column)
                across[k] = np.uint32(1) if column < last_x else np.uint32(0)
                down[k] = pitch if row < last_y else np.uint32(0)
            for k in range(count):
                above, below = at[k], np.uint32(at[k] + down[k])
                upper, lower = shades[above], shades[below]
                upper += part_x[k] * (shades[np.uint32(above + across[k])] - upper)
                lower += part_x[k] * (shades[np.uint32(below + across[k])] - lower)
                samples[k] = upper + part_y[k] * (lower - upper)
            for u in range(width):
                total = np.float32(0.0)
                for i in range(n):
                    total += samples[u * n + i]
                crop[v, u] += total * share


@compiled
def _warp_colour(
    image: NDArray[np.uint8],
    to_image: NDArray[np.float64],
    n: int,
    gain: NDArray[np.float32],
    bias: NDArray[np.float32],
    crop: NDArray[np.float32],
) -> None:
    """Fill `crop` (3, H, W) with means of n x n bilinear samples of the picture."""
    height, width = crop.shape[1:]
    last_column, last_row = image.shape[1] - 1, image.shape[0] - 1
    share = 1.0 / (n * n)
    for v in range(height):
        for u in range(width):
            red = green = blue = 0.0
            for j in range(n):
                for i in range(n):
                    du = u + (i + 0.5) / n - 0.5
                    dv = v + (j + 0.5) / n - 0.5
                    x = to_image[0, 0] * du + to_image[0, 1] * dv + to_image[0, 2]
                    y = to_image[1, 0] * du + to_image[1, 1] * dv + to_image[1, 2]
                    x = min(max(x, 0.0), last_column)
                    y = min(max(y, 0.0), last_row)
                    x0, y0 = int(x), int(y)
                    x1, y1 = min(x0 + 1, last_column), min(y0 + 1, last_row)
                    fx, fy = x - x0, y - y0
                    w00, w01 = (1 - fx) * (1 - fy), fx * (1 - fy)
                    w10, w11 = (1 - fx) * fy, fx * fy
                    red += (
                        w00 * image[y0, x0, 0]
                        + w01 * image[y0, x1, 0]
                        + w10 * image[y1, x0, 0]
                        + w11 * image[y1, x1, 0]
                    )
                    green += (
                        w00 * image[y0, x0, 1]
                        + w01 * image[y0, x1, 1]
                        + w10 * image[y1, x0, 1]
                        + w11 * image[y1, x1, 1]
                    )
                    blue += (
                        w00 * image[y0, x0, 2]
                        + w01 * image[y0, x1, 2]
                        + w10 * image[y1, x0, 2]
                        + w11 * image[y1, x1, 2]
                    )
            crop[0, v, u] = red * share * gain[0] + bias[0]
            crop[1, v, u] = green * share * gain[1] + bias[1]
            crop[2, v, u] = blue * share * gain[2] + bias[2]
