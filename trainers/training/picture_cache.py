"""Pictures that were read before: networks that see a corpus alike read and cut each of them once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.training.pictures import Pictures, in_memory
from trainers.training.recipe import DataRecipe

GIB = 1 << 30


class PictureCache:
    """Pictures of one corpus, by what recipes say about how they look. It is for one thread."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[NDArray[np.uint8], NDArray[np.bool_]]] = {}

    def read(
        self,
        pictures: Pictures,
        rows: NDArray[np.int64],
        total: int,
        data: DataRecipe,
        shape: Sequence[int],
        *,
        jobs: int | None = None,
        progress: Callable[[int], None] = lambda pictures: None,
    ) -> NDArray[np.uint8]:
        """Return (n, C, S, S) pictures; those that were not there yet are read, and kept.

        Nothing is kept of a corpus that would take more memory than the recipe allows.

        Args:
            pictures: n, made when they are asked for.
            rows: (n,) which of the corpus they are.
            total: rows of the whole corpus.
            data: how they look.
            shape: of each.
            jobs: threads that read.
            progress: called with how many more are ready.

        Raises:
            CorpusError: a picture cannot be read.
        """
        if total * math.prod(shape) > data.memory * GIB:
            return in_memory(pictures, shape, jobs=jobs, progress=progress)
        look = (data.picture, data.size, data.colour, data.equalise, data.anchors, data.template)
        if look not in self._kept:
            self._kept[look] = np.empty((total, *shape), np.uint8), np.zeros(total, np.bool_)
        kept, there = self._kept[look]
        lacking = np.flatnonzero(~there[rows])
        progress(len(rows) - len(lacking))
        kept[rows[lacking]] = in_memory(_Some(pictures, lacking), shape, jobs=jobs, progress=progress)
        there[rows] = True
        return kept[rows]


class _Some:
    """Some of the pictures."""

    def __init__(self, pictures: Pictures, which: NDArray[np.int64]) -> None:
        self._pictures, self._which = pictures, which.tolist()

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        return self._pictures[self._which[index]]
