"""What there is how often in a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.measured import levels_of
from trainers.corpora.corpus import EXPRESSIONS, PARTITIONS, Corpus
from trainers.corpora.viewpoints import viewpoints

LEVELS = range(6)
# More different values than this are counted by ranges, or not at all.
MOST_VALUES = 12


class Part(NamedTuple):
    """One partition of one domain; "" where the corpus names none."""

    partition: str
    domain: str
    subjects: int
    sequences: int
    pictures: int


class Viewpoint(NamedTuple):
    """Pictures of one view or group of poses, and their mean angles in degrees (NaN if unknown)."""

    name: str
    pictures: int
    yaw: float
    pitch: float


class Value(NamedTuple):
    """How many pictures and subjects have one value, or a range of values, of an attribute."""

    value: str
    subjects: int
    pictures: int


@dataclass(frozen=True, eq=False)
class AuCounts:
    """Labels per AU.

    Attributes:
        levels: (A, 6) int64, pictures of each level 0 to 5; below intensity 1 is level 0.
        labelled: (A,) int64, pictures whose intensity is known.
        base_rate: (A,) float64, share of these at intensity 1 or more; NaN without any.
    """

    levels: NDArray[np.int64]

    @property
    def labelled(self) -> NDArray[np.int64]:
        """See the class."""
        return np.asarray(self.levels.sum(axis=1), dtype=np.int64)

    @property
    def base_rate(self) -> NDArray[np.float64]:
        """See the class."""
        active = self.levels[:, 1:].sum(axis=1)
        return np.where(self.labelled > 0, active / np.maximum(self.labelled, 1), np.nan)


def count_parts(corpus: Corpus) -> list[Part]:
    """Return the parts that there are, in the order of `PARTITIONS`, each one's domains by name."""
    order = (*PARTITIONS, "")
    pairs = sorted(
        set(zip(corpus.partition.tolist(), corpus.domain.tolist(), strict=True)),
        key=lambda pair: (order.index(pair[0]), pair[1]),
    )
    parts = []
    for partition, domain in pairs:
        rows = (corpus.partition == partition) & (corpus.domain == domain)
        subjects, sequences = (len(np.unique(c[rows])) for c in (corpus.subject, corpus.sequence))
        parts.append(Part(partition, domain, subjects, sequences, int(rows.sum())))
    return parts


def count_aus(corpus: Corpus) -> AuCounts:
    """Count the levels of each AU."""
    known = ~np.isnan(corpus.intensity)
    level = levels_of(corpus.intensity)
    return AuCounts(np.stack([((level == k) & known).sum(axis=0) for k in LEVELS], axis=1))


def count_expressions(corpus: Corpus) -> dict[str, int]:
    """Return how many pictures show each expression, in the order of `EXPRESSIONS`; "" is unlabelled."""
    counted = {name: int((corpus.expression == name).sum()) for name in (*EXPRESSIONS, "")}
    return {name: pictures for name, pictures in counted.items() if pictures}


def count_viewpoints(corpus: Corpus) -> list[Viewpoint]:
    """Return the corpus' `viewpoints` in their order; none if there is but one or nothing is known."""
    groups = viewpoints(corpus)
    if groups is None:
        return []
    rows = [(name, groups.name == name) for name in groups.order]
    return [Viewpoint(name, int(mask.sum()), *_mean_angles(corpus.pose[mask])) for name, mask in rows]


def count_values(corpus: Corpus, attribute: str) -> list[Value]:
    """Return the values of an attribute, or ranges of them if they are many numbers or fractions.

    Nothing for texts that differ almost everywhere, and for attributes of several values per picture.
    """
    values = corpus.attributes[attribute]
    if values.ndim != 1:
        return []
    distinct = np.unique(values)
    fractions = values.dtype.kind == "f" and (distinct != np.round(distinct)).any()
    if len(distinct) <= MOST_VALUES and not fractions:
        named = [(_shown(value), values == value) for value in distinct]
    elif values.dtype.kind in "iuf":
        named = _ranges(values)
    else:
        return []
    return [Value(name, len(np.unique(corpus.subject[rows])), int(rows.sum())) for name, rows in named]


def _ranges(values: NDArray[Any]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Cut at round numbers, into at most ten ranges."""
    from matplotlib.ticker import MaxNLocator

    known = values[~np.isnan(values)]
    if len(known) == 0:
        return []
    edges = MaxNLocator(10, steps=[1, 2, 5, 10]).tick_values(known.min(), known.max())
    named = []
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        rows = (values >= low) & (values < high)
        if high == edges[-1]:
            rows |= values == high
        if rows.any():
            named.append((f"{low:g} to {high:g}", rows))
    return named


def _mean_angles(pose: NDArray[np.float32]) -> tuple[float, float]:
    known = pose[~np.isnan(pose[:, :2]).any(axis=1), :2]
    yaw, pitch = known.mean(axis=0) if len(known) else (np.nan, np.nan)
    return float(yaw), float(pitch)


def _shown(value: Any) -> str:
    if isinstance(value, np.bool_):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, np.number) else str(value) or "none"
