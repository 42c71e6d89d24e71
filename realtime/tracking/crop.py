"""The aligned crop of a face: similarity warp, colour, normalisation and channel order in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engines.manifest import CropInput
from realtime.compiled import compiled

# Rec. 601 luma, what "grey" means in OpenCV and PIL, and so in most training code.
LUMA = (0.299, 0.587, 0.114)
# Beyond 4 x 4 samples a pixel the picture hardly changes while the cost still grows with the square.
MOST_SAMPLES = 4


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Least-squares similarity (rotation, uniform scale, translation; no mirror) from points to points.

    Args:
        source, target: (n, 2) points, n >= 2.

    Returns:
        (2, 3) matrix M with target ~ M[:, :2] @ source + M[:, 2]. If all source points coincide,
        scale 1 and no rotation. Closed form of Umeyama (1991) for the plane.
    """
    centre_s, centre_t = source.mean(axis=0), target.mean(axis=0)
    s, t = source - centre_s, target - centre_t
    spread = float((s * s).sum())
    if spread < 1e-12:
        a, b = 1.0, 0.0
    else:
        a = float((s * t).sum()) / spread
        b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / spread
    linear = np.array([[a, -b], [b, a]])
    return np.column_stack([linear, centre_t - linear @ centre_s])


class Aligner:
    """Cuts aligned crops as one bundle's crop input declares them."""

    def __init__(self, spec: CropInput) -> None:
        self.spec = spec
        height, width = spec.size
        # Crop coordinates count pixel centres: the template's unit square spans the outer pixel edges.
        self._target = np.array(spec.template, dtype=np.float64) * (width, height) - 0.5
        gain = 1.0 / (255.0 * np.array(spec.std, dtype=np.float64))
        self._gain = gain.astype(np.float32)
        self._bias = (-np.array(spec.mean) / np.array(spec.std)).astype(np.float32)

    def __call__(self, image: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the (C, H, W) float32 crop of one face.

        Args:
            image: (H, W, 3) uint8 RGB, C-contiguous.
            landmarks: (n, 2 or more) landmarks in pixels of that image.

        Pixels outside the picture repeat its border. Where the crop shrinks the picture, each crop
        pixel is the mean of a grid of bilinear samples, so that detail is not aliased.
        """
        # Landmarks count from the picture's edge, samples from the first pixel's centre.
        points = np.array([landmarks[list(group), :2].mean(axis=0) for group in self.spec.anchors]) - 0.5
        to_image = similarity(self._target, points)
        crop = np.empty(self.spec.shape, dtype=np.float32)
        warp_normalise(image, to_image, self._gain, self._bias, crop)
        return crop


@compiled
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
    channels, height, width = crop.shape
    rows, columns = image.shape[0], image.shape[1]
    a, b = to_image[0, 0], to_image[1, 0]
    n = min(MOST_SAMPLES, max(1, int(np.ceil(np.sqrt(a * a + b * b) - 1e-9))))
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
                    x = min(max(x, 0.0), columns - 1.0)
                    y = min(max(y, 0.0), rows - 1.0)
                    x0, y0 = int(x), int(y)
                    x1, y1 = min(x0 + 1, columns - 1), min(y0 + 1, rows - 1)
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
            if channels == 1:
                luma = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue) * share
                crop[0, v, u] = luma * gain[0] + bias[0]
            else:
                crop[0, v, u] = red * share * gain[0] + bias[0]
                crop[1, v, u] = green * share * gain[1] + bias[1]
                crop[2, v, u] = blue * share * gain[2] + bias[2]
