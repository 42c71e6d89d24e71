"""The faces that a network is trained or tested on: rows of a corpus, ready to be put into batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from realtime.calibration import FRONTAL_DEGREES, QUANTILE, RESTING
from realtime.heads import LEFT_EYE, RIGHT_EYE
from trainers.corpora.corpus import EXPRESSIONS, Corpus
from trainers.errors import CorpusError
from trainers.evaluation import Tracked
from trainers.training.batch import Batch
from trainers.training.facts import Facts
from trainers.training.picture_cache import GIB, PictureCache
from trainers.training.pictures import Pictures, in_memory, pictures_of
from trainers.training.recipe import DataRecipe, PoseRange
from trainers.training.subject_means import subject_differences


@dataclass(frozen=True, eq=False)
class Samples:
    """n different rows of a corpus; `samples[positions]` is a `Batch` of them.

    Attributes:
        corpus: these rows only, with the AU columns of `facts`.
        rows: (n,) int64 which rows of the whole corpus they are.
        epoch: (m,) int64 positions among the n, one for each time that a row is drawn in an epoch.
        facts: names behind the indices.
        columns: the labels of all rows, by name in `Batch`.
        inputs: likewise, but for pictures.
        pictures: None where the recipe has none.
    """

    corpus: Corpus
    rows: NDArray[np.int64]
    epoch: NDArray[np.int64]
    facts: Facts
    columns: dict[str, NDArray[np.float32] | NDArray[np.int64]]
    inputs: dict[str, NDArray[np.float32]]
    pictures: Pictures | NDArray[np.uint8] | None

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, positions: NDArray[np.int64]) -> Batch:
        """Return the faces at these positions, pictures as uint8.

        Raises:
            CorpusError: a picture cannot be read.
        """
        inputs = {kind: torch.from_numpy(values[positions]) for kind, values in self.inputs.items()}
        if isinstance(self.pictures, np.ndarray):
            inputs["crop"] = torch.from_numpy(self.pictures[positions])
        elif self.pictures is not None:
            pictures = np.stack([self.pictures[position] for position in positions.tolist()])
            inputs["crop"] = torch.from_numpy(pictures)
        return Batch(
            # The order of the facts is that in which the network takes them.
            inputs={kind: inputs[kind] for kind in self.facts.inputs},
            **{name: torch.from_numpy(values[positions]) for name, values in self.columns.items()},
        )


def needs_faces(data: DataRecipe) -> bool:
    """Tell whether the recipe's inputs come from the face tracker."""
    return data.picture == "crop" or bool(data.inputs)


def make_samples(
    corpus: Corpus,
    rows: NDArray[np.int64],
    data: DataRecipe,
    facts: Facts,
    tracked: Tracked | None,
    *,
    cache: PictureCache | None = None,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
) -> Samples:
    """Return the faces of these rows. Rows without a face are left out where the recipe needs faces.

    Args:
        corpus: with the AU columns of `facts`.
        rows: may repeat; then `Samples.epoch` repeats.
        tracked: of the whole corpus; needed where the recipe takes crops or tracked inputs.
        cache: of the whole corpus' pictures, for whoever makes samples of it again.
        jobs: threads that read pictures.
        progress: called with how many more rows are ready.

    Raises:
        CorpusError: no tracking where it is needed, no face in any row, or a picture that cannot be read.
    """
    faces = None
    if needs_faces(data):
        if tracked is None:
            raise CorpusError(
                f"corpus {corpus.name}: its faces must be tracked for this recipe; pass `tracked`"
            )
        tracked.check(corpus)
        seen = len(rows)
        rows = rows[tracked.found[rows]]
        if seen and not len(rows):
            raise CorpusError(f"corpus {corpus.name}: no face was found in any of {seen} pictures")
    chosen, epoch = np.unique(rows, return_inverse=True)
    part = corpus.select(chosen)
    if tracked is not None and needs_faces(data):
        faces = tracked.select(chosen)
    pictures: Pictures | NDArray[np.uint8] | None = None
    if data.picture != "none":
        pictures = pictures_of(part, data, faces)
        if len(part) * math.prod(facts.inputs["crop"]) <= data.memory * GIB:
            shape = facts.inputs["crop"]
            if cache is None:
                pictures = in_memory(pictures, shape, jobs=jobs, progress=progress)
            else:
                pictures = cache.read(
                    pictures, chosen, len(corpus), data, shape, jobs=jobs, progress=progress
                )
        elif data.baseline == "subject":
            raise CorpusError(
                f"corpus {corpus.name}: {len(part):,} pictures are more than data.memory holds "
                f"({data.memory:g} GiB), and means of people need all of them: raise it"
            )
        if data.baseline == "subject":
            assert isinstance(pictures, np.ndarray)
            pictures = subject_differences(pictures, part.subject)
    return Samples(
        corpus=part,
        rows=chosen,
        epoch=epoch.astype(np.int64),
        facts=facts,
        columns=_columns(part, chosen, data, facts),
        inputs={} if faces is None else _inputs(part, faces, data),
        pictures=pictures,
    )


def _columns(
    corpus: Corpus, rows: NDArray[np.int64], data: DataRecipe, facts: Facts
) -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
    mirrored = corpus.pose * np.array([-1, 1, -1], dtype=np.float32)
    return {
        "intensity": corpus.intensity,
        "occurrence": corpus.occurrence,
        "expression": _index(corpus.expression, EXPRESSIONS),
        "head_pose": corpus.pose,
        "pose_group": pose_groups_of(corpus.pose, data.pose_groups),
        "mirrored_group": pose_groups_of(mirrored, data.pose_groups),
        "subject": _index(corpus.subject, facts.subjects),
        "view": _index(corpus.view, facts.views),
        "domain": _index(corpus.domain, facts.domains),
        "row": rows,
    }


def _index(column: NDArray[np.str_], names: tuple[str, ...]) -> NDArray[np.int64]:
    place = {name: index for index, name in enumerate(names)}
    return np.array([place.get(name, -1) for name in column.tolist()], dtype=np.int64)


def pose_groups_of(pose: NDArray[np.floating], groups: dict[str, PoseRange]) -> NDArray[np.int64]:
    """Return (n,) the first group whose range holds each (n, 3) pose in degrees; -1 if none, or unknown."""
    group = np.full(len(pose), -1, dtype=np.int64)
    for index, ranges in reversed(list(enumerate(groups.values()))):
        inside = np.ones(len(pose), dtype=np.bool_)
        for angle, ends in ((pose[:, 0], ranges.yaw), (pose[:, 1], ranges.pitch)):
            if ends is not None:
                held = np.clip(angle, -90.0, np.nextafter(90.0, 0.0))
                inside &= (held >= ends[0]) & (held < ends[1])
        group[inside] = index
    return group


# ---------------------------------------------------------------------------- inputs other than pictures


def _inputs(corpus: Corpus, faces: Tracked, data: DataRecipe) -> dict[str, NDArray[np.float32]]:
    """What the runtime feeds for these faces (`realtime.heads.INPUTS`), all rows at once."""
    made: dict[str, Callable[[], NDArray[np.float32]]] = {
        "landmarks": lambda: _landmarks(faces.landmarks),
        "blendshapes": lambda: faces.blendshapes,
        "neutral": lambda: _neutral(corpus, faces, data),
        "pose": lambda: np.radians(faces.pose).astype(np.float32),
    }
    return {kind: made[kind]() for kind in data.inputs}


def _landmarks(points: NDArray[np.float32]) -> NDArray[np.float32]:
    right, left = points[:, RIGHT_EYE].mean(axis=1), points[:, LEFT_EYE].mean(axis=1)
    unit = np.linalg.norm(left - right, axis=1)[:, None, None]
    aligned: NDArray[np.float32] = (points - ((right + left) / 2)[:, None]) / np.maximum(unit, 1e-6)
    return aligned


def _neutral(corpus: Corpus, faces: Tracked, data: DataRecipe) -> NDArray[np.float32]:
    neutral = np.tile(RESTING, (len(corpus), 1))
    # The running quantile of `realtime.calibration`, over all that is known of a person.
    if data.neutral == "subject":
        frontal = (np.abs(faces.pose[:, :2]) <= FRONTAL_DEGREES).all(axis=1)
        for subject in np.unique(corpus.subject):
            of_subject = corpus.subject == subject
            seen = faces.blendshapes[of_subject & frontal]
            if len(seen):
                neutral[of_subject] = np.quantile(seen, QUANTILE, axis=0, method="lower")
    return neutral


def some(samples: Samples, most: int) -> Batch:
    """Return at most so many faces, spread evenly over the samples."""
    count = min(most, len(samples))
    return samples[np.linspace(0, len(samples) - 1, count).round().astype(np.int64)]
