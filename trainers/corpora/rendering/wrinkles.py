"""Furrows and bulges that come with Action Units; the head model has none, so they are painted as relief.

Which AU makes which furrow: FACS Manual (Ekman, Friesen and Hager 2002), "appearance changes" of each AU.
The relief is a height over the chart in millimetres and bends the skin's normals (`surface.bend_normals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from trainers.corpora.rendering.anatomy import CHART_SIZE, TEXEL, U_RANGE, V_RANGE, chart_grid


@dataclass(frozen=True)
class Furrow:
    """A set of lines that deepen together.

    Attributes:
        lines: each a polyline of (u, v) in mm on the subject's left (u > 0) or across the middle.
        width: of a line, mm (standard deviation of its profile).
        depth: at full strength, mm.
        bulge: height of the skin pushed up beside the line, as a share of the depth.
        drivers: AU -> share of the depth it brings at intensity 5; they add, up to 1.
        age: share of the depth that an old face shows at rest.
    """

    lines: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    depth: float
    bulge: float
    drivers: Mapping[str, float]
    age: float = 0.0


NO_FOLDS: Mapping[str, float] = {}

# On the subject's left half; the right is its mirror image.
FURROWS: dict[str, Furrow] = {
    "forehead, inner": Furrow(
        lines=tuple(
            ((0.0, v), (10.0, v - 1.5), (24.0, v - 1.0), (34.0, v + 2.0)) for v in (-38.0, -47.0, -56.0)
        ),
        width=1.62,
        depth=1.12,
        bulge=0.6,
        drivers={"AU01": 0.95, "AU02": 0.15},
        age=0.35,
    ),
    "forehead, outer": Furrow(
        lines=tuple(((22.0, v), (38.0, v - 3.0), (52.0, v + 2.0)) for v in (-39.0, -48.0, -56.0)),
        width=1.62,
        depth=1.05,
        bulge=0.6,
        drivers={"AU02": 1.0, "AU01": 0.1},
        age=0.3,
    ),
    "glabella": Furrow(
        lines=(
            ((6.5, -36.0), (5.5, -28.0), (5.0, -19.0), (6.5, -12.0)),
            ((12.5, -31.0), (11.0, -25.0), (10.0, -20.0)),
        ),
        width=1.68,
        depth=1.33,
        bulge=0.8,
        drivers={"AU04": 1.0, "AU09": 0.25},
        age=0.3,
    ),
    "nose root": Furrow(
        lines=(
            ((0.0, -7.0), (7.0, -6.0)),
            ((0.0, -1.0), (8.0, 0.5)),
            ((9.0, 6.0), (14.0, 12.0), (15.0, 18.0)),
            ((5.0, 6.0), (10.0, 12.0)),
        ),
        width=1.2,
        depth=1.6,
        bulge=0.7,
        drivers={"AU09": 1.0, "AU04": 0.1},
    ),
    "crow's feet": Furrow(
        lines=(
            ((49.0, -3.0), (56.0, -9.0), (63.0, -12.0)),
            ((50.0, 2.0), (58.0, 1.0), (66.0, 0.5)),
            ((49.0, 7.0), (56.0, 11.0), (63.0, 14.0)),
        ),
        width=1.0,
        depth=1.3,
        bulge=0.6,
        drivers={"AU06": 1.0, "AU12": 0.15, "AU07": 0.15},
        age=0.5,
    ),
    "under the eye": Furrow(
        lines=(((21.0, 11.0), (28.0, 14.5), (36.0, 14.5), (43.0, 11.0)),),
        width=1.76,
        depth=0.98,
        bulge=0.9,
        drivers={"AU06": 0.55, "AU07": 0.75, "AU09": 0.2},
        age=0.45,
    ),
    "cheek crescent": Furrow(
        lines=(((18.0, 18.0), (27.0, 24.0), (38.0, 25.0), (49.0, 20.0)),),
        width=2.42,
        depth=0.98,
        bulge=0.8,
        drivers={"AU06": 1.0},
        age=0.2,
    ),
    "nasolabial": Furrow(
        lines=(((17.5, 38.0), (23.0, 45.0), (29.5, 53.0), (34.0, 62.0), (36.0, 70.0)),),
        width=2.75,
        depth=1.95,
        bulge=0.8,
        drivers={"AU12": 0.75, "AU10": 0.6, "AU09": 0.5, "AU06": 0.2, "AU20": 0.15},
        age=0.5,
    ),
    "mouth corner": Furrow(
        lines=(((28.5, 66.0), (30.5, 70.0), (30.5, 74.5), (28.5, 78.0)),),
        width=2.04,
        depth=1.76,
        bulge=0.9,
        drivers={"AU14": 1.0, "AU24": 0.15},
    ),
    "marionette": Furrow(
        lines=(((27.0, 75.0), (30.0, 81.0), (31.5, 88.0), (31.0, 95.0)),),
        width=2.04,
        depth=1.36,
        bulge=0.6,
        drivers={"AU15": 1.0, "AU17": 0.15},
        age=0.35,
    ),
    "under the lip": Furrow(
        lines=(((0.0, 90.5), (8.0, 90.0), (15.0, 88.0)),),
        width=2.4,
        depth=1.44,
        bulge=0.6,
        drivers={"AU17": 0.9, "AU15": 0.25, "AU24": 0.25},
        age=0.1,
    ),
    "chin boss": Furrow(
        lines=tuple(
            ((u, v), (u + 1.6, v + 0.8))
            for u, v in ((3.0, 97.0), (9.0, 96.0), (6.0, 102.0), (12.0, 102.0), (2.5, 107.0), (9.0, 108.0))
        ),
        width=1.1,
        depth=1.5,
        bulge=0.9,
        drivers={"AU17": 1.0},
    ),
    "around the lips": Furrow(
        lines=tuple(
            ((u, v), (u * 1.12, v - 6.0)) for u, v in ((3.5, 59.5), (9.0, 60.0), (14.5, 62.0), (19.5, 64.5))
        )
        + tuple(((u, v), (u * 1.1, v + 5.0)) for u, v in ((5.0, 86.0), (11.0, 85.0), (17.0, 82.5))),
        width=1.17,
        depth=0.44,
        bulge=0.6,
        drivers={"AU18": 0.9, "AU23": 1.0, "AU24": 0.55},
        age=0.25,
    ),
}


@cache
def reliefs() -> dict[tuple[str, str], tuple[int, int, NDArray[np.float32]]]:
    """Return each furrow's relief: (name, side) -> (first row, first column, patch of the chart in mm)."""
    patches = {}
    grid_u, _ = chart_grid()
    middle = np.clip(0.5 + grid_u / 8.0, 0.0, 1.0)  # lines across the middle fade into the other side's
    for name, furrow in FURROWS.items():
        whole = _relief(furrow) * middle
        for side, height in (("left", whole), ("right", whole[:, ::-1])):
            rows = np.flatnonzero(np.abs(height).max(axis=1) > 0.01 * furrow.depth)
            columns = np.flatnonzero(np.abs(height).max(axis=0) > 0.01 * furrow.depth)
            patch = height[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            patches[name, side] = (
                int(rows[0]),
                int(columns[0]),
                np.ascontiguousarray(patch, dtype=np.float32),
            )
    return patches


def _relief(furrow: Furrow) -> NDArray[np.float64]:
    """Height map of one furrow at full strength: sunken lines between two bulges, tapering at their ends."""
    ink = np.zeros(CHART_SIZE)
    for line in furrow.lines:
        points = np.array(line)
        mirrored = points[0, 0] == 0.0
        length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        along = np.arange(0.0, length[-1], TEXEL / 2)
        u, v = (np.interp(along, length, points[:, k]) for k in (0, 1))
        rest = np.minimum(along if not mirrored else length[-1], length[-1] - along) / length[-1]
        strength = np.clip(4.0 * rest, 0.0, 1.0)
        rows = ((v - V_RANGE[0]) / TEXEL).astype(int)
        columns = ((u - U_RANGE[0]) / TEXEL).astype(int)
        np.maximum.at(ink, (rows, columns), strength)
        if mirrored:  # reach across the middle, so that the fade has something to fade
            np.maximum.at(ink, (rows, CHART_SIZE[1] - 1 - columns), strength)
    line = gaussian_filter(ink, furrow.width / TEXEL)
    swell = gaussian_filter(ink, 2.4 * furrow.width / TEXEL)
    line, swell = line / line.max(), swell / swell.max()
    return np.asarray(furrow.depth * (furrow.bulge * swell - (1.0 + furrow.bulge) * line))


def strengths(
    intensity: Mapping[str, float], gain: float, age: float, folds: Mapping[str, float] = NO_FOLDS
) -> dict[str, float]:
    """Return how deep each furrow is on one side, 0 to about 1.

    Args:
        intensity: AU -> 0 to 5 on that side.
        gain: how readily this person's skin folds, about 0.4 to 1.3.
        age: 0 (young) to 1 (old); an old skin shows furrows at rest.
        folds: furrow -> how much deeper than that, 1 where it is not named.
    """
    deep = {}
    for name, furrow in FURROWS.items():
        driven = sum(share * intensity.get(au, 0.0) / 5.0 for au, share in furrow.drivers.items())
        depth = gain * min(1.0, driven) + furrow.age * age * (1.0 - 0.5 * min(1.0, driven))
        deep[name] = depth * folds.get(name, 1.0)
    return deep


def relief(
    still: NDArray[np.float32],
    left: Mapping[str, float],
    right: Mapping[str, float],
    out: NDArray[np.float32],
) -> None:
    """Fill `out` with the resting relief `still` and the furrows of both sides (see `strengths`), in mm."""
    out[:] = still
    for (name, side), (row, column, patch) in reliefs().items():
        deep = (left if side == "left" else right)[name]
        if deep > 0.01:
            out[row : row + patch.shape[0], column : column + patch.shape[1]] += np.float32(deep) * patch
