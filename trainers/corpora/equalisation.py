"""Histogram equalisation of grey pictures, as OpenCV's `equalizeHist` defines it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def equalised(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a (H, W) picture with its histogram of 256 bins levelled, as OpenCV's `equalizeHist` defines it.

    Grey g becomes 255 times the share of pixels up to g among those that are not of the darkest grey; a
    picture of one grey stays as it is. (https://docs.opencv.org, "Histogram Equalization".)
    """
    count = np.bincount(grey.ravel(), minlength=256)
    darkest = int(np.flatnonzero(count)[0])
    rest = grey.size - int(count[darkest])
    if rest == 0:
        return grey.copy()
    up_to = np.cumsum(count) - count[darkest]
    up_to[:darkest] = 0
    # OpenCV reckons in single precision and rounds halves to even.
    table = np.rint(up_to.astype(np.float32) * np.float32(255.0 / rest)).astype(np.uint8)
    levelled: NDArray[np.uint8] = table[grey]
    return levelled
