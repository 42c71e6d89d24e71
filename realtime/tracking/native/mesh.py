"""The mesh network: 478 landmarks of the face in a region, and whether there is one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from engines.engine import Engine
from realtime.tracking.native.region import Region
from realtime.tracking.native.seeing import Eye, View

SIDE = 256
"""The network's input, pixels."""
LANDMARKS = 478
PRESENT_FROM = 0.5
"""Least probability that there is a face in the region."""
LEAST_LOGIT = math.log(PRESENT_FROM / (1 - PRESENT_FROM))
INPUT, POINTS, PRESENCE = "input_12", "Identity", "Identity_1"


class FaceMesh:
    """Finds the landmarks of the faces in given regions.

    Args:
        engine: MediaPipe's face landmarks network (with attention); closed by its owner.
        eye: shows it regions of the picture.
    """

    def __init__(self, engine: Engine, eye: Eye) -> None:
        self._engine = engine
        self._eye = eye

    def __call__(self, aspect: float, regions: list[Region]) -> list[NDArray[np.float32] | None]:
        """Return for each region (478, 3) float32 landmarks, px (z in the same scale), or None: no face.

        `aspect`: the picture's width by its height.
        """
        if not regions:
            return []
        rasters = [region.to_image(SIDE, SIDE) for region in regions]
        found = self._eye.show(self._engine, View(rasters, (0.0, 1.0), True), (POINTS, PRESENCE))
        points = found[POINTS].reshape(-1, LANDMARKS, 3)
        logits = found[PRESENCE].reshape(-1).tolist()
        return [
            project(marks, region, aspect) if logit > LEAST_LOGIT else None
            for marks, logit, region in zip(points, logits, regions, strict=True)
        ]


def project(points: NDArray[np.float32], region: Region, aspect: float) -> NDArray[np.float32]:
    """Turn (478, 3) points in pixels of the crop into pixels of a picture; `aspect`: its width by height."""
    # MediaPipe scales depth as the crop's x axis, whose length it takes in shares of the picture's width and
    # height. In a picture that is not square a tilted head becomes deeper by it. Its poses contain that, and
    # so do the heads that were trained on them.
    across, down = math.cos(region.angle), math.sin(region.angle) * aspect
    landmarks = np.empty((len(points), 3), np.float32)
    _place(points, region.to_image(SIDE, SIDE), math.hypot(across, down) * region.width / SIDE, landmarks)
    return landmarks


@compiled
def _place(
    points: NDArray[np.float32],
    to_image: NDArray[np.float64],
    deep: float,
    landmarks: NDArray[np.float32],
) -> None:
    for k in range(len(points)):
        x, y = float(points[k, 0]), float(points[k, 1])
        landmarks[k, 0] = np.float32(to_image[0, 0] * x + to_image[0, 1] * y + to_image[0, 2])
        landmarks[k, 1] = np.float32(to_image[1, 0] * x + to_image[1, 1] * y + to_image[1, 2])
        landmarks[k, 2] = np.float32(points[k, 2] * deep)
