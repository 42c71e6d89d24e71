"""The three corpora of the paper as one, and which rows play which part: source, auxiliary, target."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import join
from trainers.errors import ProtocolError
from trainers.evaluation import Tracked
from trainers.protocols import Split
from trainers.protocols.dealing import deal
from trainers.reproduction.request import Material

SOURCE_TRAINED = 0.8
"""Share of the source's people who are trained on (4.1: 80 of 100)."""
LEVELS = (0, 3, 4)
"""Levels of expressions that are used of corpora that tell them, as 4.1 of BU-3DFE; neutral has 0.

In the target likewise: what is measured is another look, not weaker expressions.
"""


@dataclass(frozen=True, eq=False)
class Domains:
    """Three corpora as one of n rows.

    Attributes:
        material: all of them, without Action Units; the auxiliary one without expressions even if it has
            them.
        source, auxiliary, target: int64 rows of each; of source and target those with an expression, of
            `LEVELS` if the corpus tells levels.
    """

    material: Material
    source: NDArray[np.int64]
    auxiliary: NDArray[np.int64]
    target: NDArray[np.int64]

    def source_split(self, seed: int) -> Split:
        """Return the source's people: four of five to train, the others to test."""
        return self._dealt(self.source, SOURCE_TRAINED, "source, 80-20", seed)

    def target_split(self, labelled: float, most: int, seed: int) -> Split:
        """Return the target's people: this share of them to train, the others to test.

        Args:
            most: pictures that are labelled; of more, these many are drawn.
        """
        whole = self._dealt(self.target, labelled, "target", seed)
        train = np.sort(np.random.default_rng(seed).permutation(whole.train)[:most])
        named = f"target, {len(train)} pictures labelled"
        return dataclasses.replace(whole, name=named, train=train)

    def with_auxiliary(self, split: Split) -> Split:
        """Return a source split whose training rows are joined by those of the auxiliary corpus."""
        rows = np.concatenate([split.train, self.auxiliary])
        return dataclasses.replace(split, name=f"{split.name}, and auxiliary", train=rows)

    def _dealt(self, rows: NDArray[np.int64], trained: float, name: str, seed: int) -> Split:
        subject = self.material.corpus.subject
        names, code = np.unique(subject[rows], return_inverse=True)
        if len(names) < 2:
            raise ProtocolError(f"{name}: there is but one subject, needed are 2 or more")
        dealt = deal(np.bincount(code), [trained, 1 - trained], np.random.default_rng(seed))
        part = np.full(len(subject), -1)
        part[rows] = np.where(dealt[code] == 0, 0, 2)
        return Split.of_parts(subject, name, part, seed)


def joined_domains(source: Material, auxiliary: Material, target: Material) -> Domains:
    """Return three corpora as one.

    Raises:
        ProtocolError: two have the same name, or source or target label no expression.
    """
    parts = (source, auxiliary, target)
    names = [part.corpus.name for part in parts]
    if len(set(names)) < len(names):
        raise ProtocolError(f"corpora {', '.join(names)}: two have the same name; a person would be in both")
    for part in (source, target):
        if not len(_labelled(part)):
            raise ProtocolError(
                f"corpus {part.corpus.name}: labels no expression; render it with --behaviour expressions"
            )
    corpora = [part.corpus.with_aus(()) for part in parts]
    nobody = np.full(len(corpora[1]), "", dtype="<U1")
    corpora[1] = dataclasses.replace(corpora[1], expression=nobody)
    ends = np.cumsum([0, *map(len, corpora)])
    material = Material(
        join(" + ".join(names), corpora),
        tuple(origin for part in parts for origin in part.origins),
        rendered=all(part.rendered for part in parts),
        tracked=_joined_faces([part.tracked for part in parts]),
    )
    return Domains(
        material,
        source=ends[0] + _labelled(source),
        auxiliary=np.arange(ends[1], ends[2]),
        target=ends[2] + _labelled(target),
    )


def _labelled(part: Material) -> NDArray[np.int64]:
    """Return the rows with an expression, at one of `LEVELS`."""
    corpus = part.corpus
    usable = corpus.expression != ""
    if (level := corpus.attributes.get("level")) is not None:
        usable &= np.isin(level, LEVELS)
    return np.flatnonzero(usable)


def _joined_faces(parts: Sequence[Tracked | None]) -> Tracked | None:
    there = [part for part in parts if part is not None]
    return Tracked.joined(there) if len(there) == len(parts) else None
