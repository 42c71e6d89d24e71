"""The face detector: where in a whole picture there are faces.

The network is BlazeFace (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile
GPUs", 2019, https://arxiv.org/abs/1907.05047), short range.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.compiled import compiled
from engines.engine import Engine
from realtime.tracking.native.region import Region, region_of_detection
from realtime.tracking.native.seeing import Eye, View

SIDE = 128
"""The network's input, pixels."""
GRIDS = ((16, 2), (8, 6))
"""(cells along a side, anchors in each): every anchor lies at its cell's centre."""
CERTAIN_FROM = 0.5
"""Least probability of a face."""
LEAST_LOGIT = math.log(CERTAIN_FROM / (1 - CERTAIN_FROM))
SAME_FACE = 0.5
"""Boxes that overlap more than this with the surest are blended with it."""
INPUT, BOXES, SCORES = "input", "regressors", "classificators"
RIGHT_EYE, LEFT_EYE = 4, 6
"""Columns of the first of two coordinates: the subject's eyes."""


def anchors() -> NDArray[np.float32]:
    """Return the (896, 2) anchors' x and y, 0-1 of the input's side."""
    points = []
    for cells, each in GRIDS:
        centres = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        points.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(points)


class FaceDetector:
    """Finds the regions of faces in a picture.

    Args:
        engine: MediaPipe's short-range face detector; closed by its owner.
        eye: shows it the picture.
    """

    def __init__(self, engine: Engine, eye: Eye) -> None:
        self._engine = engine
        self._eye = eye
        self._anchors = anchors()

    def __call__(self, width: int, height: int, most: int) -> list[Region]:
        """Return the regions of at most `most` faces in the eye's picture, surest first; its size in px."""
        # The picture is fitted into the middle of a black square.
        side = max(width, height)
        step = side / SIDE
        to_image = np.array([[step, 0.0, (width - side) / 2], [0.0, step, (height - side) / 2]])
        found = self._eye.show(self._engine, View([to_image], (-1.0, 1.0), False), (BOXES, SCORES))
        boxes, scores = decode(found[BOXES][0], found[SCORES][0, :, 0], self._anchors)
        corner = np.array([(width - side) / 2, (height - side) / 2] * 8)
        regions = []
        for box in blend(boxes, scores)[:most]:
            left, top, right, bottom, *eyes = (box * side + corner)[: LEFT_EYE + 2].tolist()
            regions.append(region_of_detection((left, top, right, bottom), tuple(eyes[:2]), tuple(eyes[2:])))
        return regions


def decode(
    regressors: NDArray[np.float32], logits: NDArray[np.float32], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Read the network's outputs.

    Args:
        regressors: (896, 16): box centre, width and height, then six points, in pixels from the anchor.
        logits: (896,) of a face.
        points: (896, 2) anchors.

    Returns:
        (n, 16) left, top, right, bottom and six points, 0-1 of the input's side, and (n,) probabilities,
        surest first, of the n anchors that are certain enough.
    """
    sure = np.flatnonzero(logits >= LEAST_LOGIT)
    sure = sure[np.argsort(-logits[sure], kind="stable")]
    boxes = np.empty((len(sure), regressors.shape[1]), np.float32)
    scores = np.empty(len(sure), np.float32)
    _place(regressors, logits, points, sure, boxes, scores)
    return boxes, scores


@compiled
def _place(
    regressors: NDArray[np.float32],
    logits: NDArray[np.float32],
    points: NDArray[np.float32],
    chosen: NDArray[np.int64],
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
) -> None:
    """Fill `boxes` and `scores` with those of the chosen anchors, as `decode` returns them."""
    share = np.float32(1.0 / SIDE)
    for row, anchor in enumerate(chosen):
        values = regressors[anchor]
        scores[row] = 1 / (1 + math.exp(-min(max(logits[anchor], -100.0), 100.0)))
        x, y = values[0] * share + points[anchor, 0], values[1] * share + points[anchor, 1]
        half_width, half_height = values[2] * share / np.float32(2), values[3] * share / np.float32(2)
        boxes[row, 0], boxes[row, 1] = x - half_width, y - half_height
        boxes[row, 2], boxes[row, 3] = x + half_width, y + half_height
        for k in range(4, len(values), 2):
            boxes[row, k] = values[k] * share + points[anchor, 0]
            boxes[row, k + 1] = values[k + 1] * share + points[anchor, 1]


def blend(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return one box (16,) for each face: the mean, by probability, of all those that overlap its surest.

    Args:
        boxes: (n, 16) as of `decode`, surest first.
        scores: (n,).
    """
    faces = np.empty_like(boxes)
    return list(faces[: _blend(boxes, scores, faces)])


@compiled
def _blend(boxes: NDArray[np.float32], scores: NDArray[np.float32], faces: NDArray[np.float32]) -> int:
    """Fill `faces` (n, 16) as `blend` returns them; return how many there are."""
    count = 0
    left = np.ones(len(boxes), np.bool_)
    for surest in range(len(boxes)):
        if not left[surest]:
            continue
        face, total = faces[count], np.float32(0)
        face[:] = 0
        for k in range(surest, len(boxes)):
            # A box without area overlaps nothing, not even itself.
            if left[k] and (k == surest or _overlap(boxes[surest], boxes[k]) > SAME_FACE):
                left[k] = False
                total += scores[k]
                for i in range(len(face)):
                    face[i] += boxes[k, i] * scores[k]
        for i in range(len(face)):
            face[i] /= total
        count += 1
    return count


@compiled
def _overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the intersection over union of two boxes."""
    width = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
    height = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
    shared = width * height
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return float(shared / max(areas - shared, 1e-12))
