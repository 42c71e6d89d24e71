"""Every picture of a corpus through the runtime's own face landmarker, over several processes."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime.assembly import DEFAULT_MAX_FACES
from realtime.errors import OptionError
from realtime.fetching import sha256_of
from realtime.openable import Openable
from realtime.tracking.extent import Extent, extent_of
from realtime.tracking.landmarker import Detection
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, create_landmarker
from realtime.tracking.pose import pose_from_matrix
from trainers.corpora.corpus import Corpus
from trainers.corpora.images import Images
from trainers.errors import CorpusError
from trainers.evaluation.tracked import Tracked

# Neighbours stay together: they are often frames of one video, which are read fastest in order.
ROWS_AT_A_TIME = 16


def track(
    corpus: Corpus,
    *,
    face_model: Path,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
) -> Tracked:
    """Find the face of each picture, each looked at by itself (`Landmarker` for stills).

    Where a picture shows several faces, the labelled one is that whose centre lies nearest the centre of
    the labelled landmarks and inside their bounding box; without landmarks it is the largest.

    Args:
        face_model: path of MediaPipe's face model (`realtime.tracking.face_model`).
        jobs: processes; by default one per core that this one may use. 1 works in this process. The
            result is the same for any number. More than one need an importable main module, as always
            with Python's "spawn".
        progress: called with how many more pictures are done.

    Raises:
        LiveFacsError: a picture cannot be read, or the landmarker cannot be opened.
    """
    if jobs is not None and jobs < 1:
        raise OptionError(f"jobs {jobs}: must be 1 or more")
    tracked = Tracked.nothing(len(corpus), sha256_of(face_model))
    parts = [
        range(start, min(start + ROWS_AT_A_TIME, len(corpus)))
        for start in range(0, len(corpus), ROWS_AT_A_TIME)
    ]
    looker = _Looker(corpus.images, _labelled_boxes(corpus), face_model)
    looker.check()
    workers = min(jobs or _cores(), len(parts))
    for rows, seen in _look(looker, parts, workers):
        for row, face in zip(rows, seen, strict=True):
            if face is not None:
                tracked.found[row] = True
                tracked.landmarks[row], tracked.blendshapes[row], tracked.pose[row] = face
        progress(len(rows))
    return tracked


class _Seen(NamedTuple):
    landmarks: NDArray[np.float32]  # (478, 3)
    blendshapes: NDArray[np.float32]  # (52,)
    pose: tuple[float, float, float]  # degrees


class _Looker(Openable):
    """Looks at pictures by number."""

    def __init__(self, images: Images, boxes: NDArray[np.float64] | None, face_model: Path) -> None:
        self._images = images
        self._boxes = boxes
        self._landmarker = create_landmarker(
            DEFAULT_LANDMARKER, face_model, max_faces=DEFAULT_MAX_FACES, stills=True
        )

    def check(self) -> None:
        self._landmarker.check()

    def open(self) -> None:
        self._landmarker.open()

    def close(self) -> None:
        self._landmarker.close()

    def look(self, rows: Sequence[int]) -> list[_Seen | None]:
        return [self._look_at(row) for row in rows]

    def _look_at(self, row: int) -> _Seen | None:
        image = self._images[row]
        faces = self._landmarker.detect(image, 0.0)
        extents = [extent_of(face.landmarks, image.shape[1], image.shape[0]) for face in faces]
        face = labelled_face(faces, extents, None if self._boxes is None else self._boxes[row])
        if face is None:
            return None
        pose = pose_from_matrix(face.matrix)
        yaw, pitch, roll = (math.degrees(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
        return _Seen(face.landmarks, face.blendshapes, (yaw, pitch, roll))


def labelled_face(
    faces: Sequence[Detection], extents: Sequence[Extent], box: NDArray[np.floating] | None
) -> Detection | None:
    """Return the face that a picture's labels are about, None if it is not among those found.

    Args:
        faces, extents: of one picture, in the same order.
        box: (4,) px: left, top, right and bottom of the labelled landmarks; None or NaN if unknown.
    """
    if not faces:
        return None
    if box is None or np.isnan(box).any():
        return faces[int(np.argmax([extent.width * extent.height for extent in extents]))]
    centres = np.array([extent.centre for extent in extents])
    nearest = int(np.argmin(np.linalg.norm(centres - (box[:2] + box[2:]) / 2, axis=1)))
    inside = (centres[nearest] >= box[:2]).all() and (centres[nearest] <= box[2:]).all()
    return faces[nearest] if inside else None


def _labelled_boxes(corpus: Corpus) -> NDArray[np.float64] | None:
    """(n, 4) left, top, right, bottom of each row's landmarks, NaN where it has none."""
    if corpus.landmarks is None:
        return None
    points = corpus.landmarks.astype(np.float64)
    known = ~np.isnan(points)
    low = np.where(known, points, np.inf).min(axis=1)
    high = np.where(known, points, -np.inf).max(axis=1)
    boxes = np.concatenate([low, high], axis=1)
    boxes[~np.isfinite(boxes).all(axis=1)] = np.nan
    return boxes


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---------------------------------------------------------------------------- processes


def _look(
    looker: _Looker, parts: Sequence[range], workers: int
) -> Iterator[tuple[range, list[_Seen | None]]]:
    """Yield what is seen in each part, in order."""
    if workers <= 1:
        with looker:
            for rows in parts:
                yield rows, looker.look(rows)
        return
    pool = ProcessPoolExecutor(
        workers,
        # MediaPipe has threads of its own, which a fork would lose.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(looker,),
    )
    try:
        yield from zip(parts, pool.map(_look_in_worker, parts), strict=True)
    except BrokenProcessPool as error:
        raise CorpusError(
            f"a tracking process of {workers} has died, for lack of memory perhaps; try fewer jobs"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


class _Worker:
    """A process' own landmarker; opened at its first part, where an error finds its way back."""

    looker: _Looker
    opened = False


def _start_worker(looker: _Looker) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    _Worker.looker = looker


def _look_in_worker(rows: range) -> list[_Seen | None]:
    if not _Worker.opened:
        _Worker.looker.open()
        _Worker.opened = True
    return _Worker.looker.look(rows)
