"""What a network must know of the data before it can be built."""

from __future__ import annotations

import msgspec
import numpy as np

from trainers.corpora.corpus import Corpus
from trainers.protocols import Split
from trainers.training.errors import RecipeError
from trainers.training.recipe import DataRecipe


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers and names that a run keeps, so that its networks can be built again without the corpus.

    Attributes:
        aus: the A Action Units, in the order of all columns.
        inputs: kind of input -> shape of one row; "crop" is the picture, (C, H, W).
        subjects: names of the training subjects, in the order of `Batch.subject`.
        views: names in the order of `Batch.view`.
        domains: names in the order of `Batch.domain`.
        pose_groups: names in the order of `Batch.pose_group`.
    """

    aus: tuple[str, ...]
    inputs: dict[str, tuple[int, ...]]
    subjects: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    pose_groups: tuple[str, ...] = ()


def facts_of(corpus: Corpus, split: Split, data: DataRecipe) -> Facts:
    """Return the facts of a corpus whose AU columns are those to be trained."""
    from engines.manifest import INPUT_KINDS

    inputs: dict[str, tuple[int, ...]] = {}
    if data.picture != "none":
        inputs["crop"] = (data.channels, data.size, data.size)
    for kind in data.inputs:
        shape = INPUT_KINDS[kind]
        assert shape is not None  # only the crop's depends on the recipe
        inputs[kind] = shape
    return Facts(
        aus=corpus.aus,
        inputs=inputs,
        subjects=_names(corpus.subject[split.train]),
        views=_names(corpus.view),
        domains=_names(corpus.domain),
        pose_groups=tuple(data.pose_groups),
    )


def _names(column: np.ndarray[tuple[int, ...], np.dtype[np.str_]]) -> tuple[str, ...]:
    return tuple(name for name in np.unique(column).tolist() if name)


def picture_alone(facts: Facts, task: str) -> None:
    """Refuse other inputs than a picture, for a task whose networks see nothing else.

    Raises:
        RecipeError: one line.
    """
    if tuple(facts.inputs) != ("crop",):
        raise RecipeError(
            f"task {task}: sees a picture and nothing else, not {', '.join(facts.inputs)}: "
            'set data.picture to "crop" or "whole" and leave data.inputs out'
        )
