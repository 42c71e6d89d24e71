"""How far two ways of running a bundle are apart: score by score, and in what the scores are worth.

After Polygraphy's comparator (https://github.com/NVIDIA/TensorRT/tree/main/tools/Polygraphy); the second half
is what a user of the scores cares about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.manifest import Parity
from trainers.corpora.corpus import Corpus
from trainers.evaluation.predicting import Predictions
from trainers.metrics import decide, f1, icc


@dataclass(frozen=True, slots=True)
class Apart:
    """Absolute differences of one kind of score, over all faces and columns."""

    largest: float
    mean: float


@dataclass(frozen=True, slots=True)
class Worth:
    """A figure of both, mean over the AUs that have it in both."""

    name: str
    a: float
    b: float
    limit: float

    @property
    def change(self) -> float:
        """Of b against a."""
        return self.b - self.a

    @property
    def held(self) -> bool:
        """Whether the change is within the limit."""
        return abs(self.change) <= self.limit


@dataclass(frozen=True, slots=True)
class ParityReport:
    """What was measured on one corpus.

    Attributes:
        faces: found in it.
        apart: kind of score -> differences.
        worth: of what the labels allow.
    """

    faces: int
    apart: Mapping[str, Apart]
    worth: tuple[Worth, ...]

    @property
    def passed(self) -> bool:
        """Whether every limit is held."""
        return all(worth.held for worth in self.worth)


def compare(corpus: Corpus, a: Predictions, b: Predictions, limits: Parity) -> ParityReport:
    """Compare two sets of predictions of the same pictures; a is what b is measured against.

    Args:
        corpus: labelled with the predictions' AUs or some of them.
        limits: of the bundle.
    """
    kinds = {"occurrence": (a.occurrence, b.occurrence), "intensity": (a.intensity, b.intensity)}
    kinds["expression"] = (a.expression, b.expression)
    apart = {kind: _apart(x, y) for kind, (x, y) in kinds.items() if x is not None and y is not None}
    aus = tuple(au for au in a.aus if au in corpus.aus)
    labels, a, b = corpus.with_aus(aus), a.with_aus(aus), b.with_aus(aus)
    worth = []
    if a.intensity is not None and b.intensity is not None:
        truth = labels.intensity
        worth += _worth("ICC(3,1)", icc(truth, a.intensity), icc(truth, b.intensity), limits.icc)
    if a.occurrence is not None and b.occurrence is not None:
        truth = labels.occurrence
        ours, theirs = decide(a.occurrence, a.thresholds), decide(b.occurrence, b.thresholds)
        worth += _worth("F1", f1(truth, ours), f1(truth, theirs), limits.f1)
    return ParityReport(int(a.found.sum()), apart, tuple(worth))


def _apart(x: NDArray[np.float32], y: NDArray[np.float32]) -> Apart:
    differences = np.abs(x - y)
    known = differences[~np.isnan(differences)]
    return Apart(float(known.max(initial=0.0)), float(known.mean()) if known.size else 0.0)


def _worth(name: str, x: NDArray[np.float64], y: NDArray[np.float64], limit: float) -> list[Worth]:
    both = ~np.isnan(x) & ~np.isnan(y)
    return [Worth(name, float(x[both].mean()), float(y[both].mean()), limit)] if both.any() else []
