"""Where in the picture the mesh network looks for a face: a rectangle, turned with the head."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime.tracking.extent import extent_of

MARGIN = 1.5
"""How much larger than the face its region is, so that the face is still inside in the next picture."""
OVERLAP = 0.5
"""Regions that overlap more than this (intersection over union) are of the same face."""
OUTER_EYE_CORNERS = (33, 263)
"""Landmarks whose connecting line is level in an upright head: subject's right and left."""


@dataclass(frozen=True, slots=True)
class Region:
    """A turned rectangle.

    Attributes:
        x, y: centre, px.
        width, height: px, along its own axes.
        angle: radians, clockwise in the picture, of its x axis against the picture's.
    """

    x: float
    y: float
    width: float
    height: float
    angle: float

    def to_image(self, columns: int, rows: int) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from a raster of columns x rows samples over the region to pixels.

        Sample (0, 0) lies at the region's corner, as in MediaPipe, not half a step inside.
        """
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across, along = self.width / columns, self.height / rows
        right_x, right_y, down_x, down_y = cos * across, sin * across, -sin * along, cos * along
        corner_x = self.x - right_x * (columns / 2) - down_x * (rows / 2)
        corner_y = self.y - right_y * (columns / 2) - down_y * (rows / 2)
        return np.array([[right_x, down_x, corner_x], [right_y, down_y, corner_y]])


def region_of_detection(
    box: tuple[float, float, float, float], right_eye: tuple[float, float], left_eye: tuple[float, float]
) -> Region:
    """Return the region of a face that the detector found.

    Args:
        box: left, top, right, bottom, px.
        right_eye, left_eye: the subject's, px.
    """
    left, top, right, bottom = box
    return Region(
        x=(left + right) / 2,
        y=(top + bottom) / 2,
        width=(right - left) * MARGIN,
        height=(bottom - top) * MARGIN,
        angle=_angle(right_eye, left_eye),
    )


def region_of_landmarks(landmarks: NDArray[np.float32]) -> Region:
    """Return the region in which to look for a face in the next picture, from its landmarks (478, 3), px."""
    extent = extent_of(landmarks, 1, 1)
    side = max(extent.width, extent.height) * MARGIN
    right_eye, left_eye = (landmarks[corner, :2].tolist() for corner in OUTER_EYE_CORNERS)
    return Region(*extent.centre, side, side, _angle(right_eye, left_eye))


def overlap(one: Region, other: Region) -> float:
    """Return the intersection over union, 0-1, of two regions as if neither were turned."""
    width = min(one.x + one.width / 2, other.x + other.width / 2) - max(
        one.x - one.width / 2, other.x - other.width / 2
    )
    height = min(one.y + one.height / 2, other.y + other.height / 2) - max(
        one.y - one.height / 2, other.y - other.height / 2
    )
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one.width * one.height + other.width * other.height - shared)


def without_repeats(regions: Iterable[Region], known: Iterable[Region] = ()) -> list[Region]:
    """Return those regions that are of a face no earlier region, and no `known` one, is of."""
    seen = list(known)
    fresh = []
    for region in regions:
        if all(overlap(region, other) <= OVERLAP for other in seen):
            seen.append(region)
            fresh.append(region)
    return fresh


def _angle(right_eye: Iterable[float], left_eye: Iterable[float]) -> float:
    (x0, y0), (x1, y1) = right_eye, left_eye
    return math.atan2(y1 - y0, x1 - x0)
