"""The tested rows of a corpus: labels and predictions side by side, and how their figures are taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError
from trainers.evaluation.predicting import Predictions
from trainers.evaluation.tracked import Tracked
from trainers.metrics import Metric, bootstrap, counted, decide
from trainers.metrics.ranking import PairsWon
from trainers.protocols import Split
from trainers.reports.content import Measured
from trainers.reports.tested import common_aus, protocol_name, rows_tested

# A bootstrap of AUC counts pairs of subjects: beyond this many it would take minutes and gigabytes.
MOST_SUBJECTS_FOR_PAIRS = 1000


@dataclass(frozen=True)
class Figures:
    """A metric's figures, one `Measured` per column, and that of their mean."""

    each: tuple[Measured, ...]
    mean: Measured

    @property
    def undefined(self) -> bool:
        """Whether a figure is."""
        return any(math.isnan(figure.value) for figure in self.each)

    @property
    def over(self) -> str:
        """What the mean is over: "mean of 12 AUs", those only that have a figure."""
        return f"mean of {counted_noun(sum(not math.isnan(f.value) for f in self.each), 'AU')}"

    @property
    def without_interval(self) -> bool:
        """Whether a figure has a value, but no interval."""
        return any(not (math.isnan(f.value) or f.has_interval) for f in self.each)

    def as_json(self, names: Sequence[str]) -> dict[str, Measured]:
        """Return the figures by their columns' names, and "mean"."""
        return {**dict(zip(names, self.each, strict=True)), "mean": self.mean}


class PerAu(NamedTuple):
    """Labels and predictions of the AUs that are labelled in some row.

    Attributes:
        aus: the A Action Units.
        labels, predictions: (n, A), NaN where there is none.
    """

    aus: tuple[str, ...]
    labels: NDArray[np.floating]
    predictions: NDArray[np.floating]

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n, A) where there are both."""
        missing: NDArray[np.bool_] = np.isnan(self.labels) | np.isnan(self.predictions)
        return ~missing

    @property
    def rows(self) -> NDArray[np.bool_]:
        """(n,) where any AU has both: the frames that a table counts."""
        return np.asarray(self.known.any(axis=1))

    @property
    def frames(self) -> NDArray[np.int64]:
        """(A,) how many rows have both."""
        return counted(self.labels, self.predictions)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Tested rows of a corpus and what a model says of them; the same AUs in the same columns.

    Attributes:
        protocol: as every table names it: "3-fold (seed 0)".
        rendered: whether the pictures are renders of the open corpus, which every table then says.
        resamples, seed: of the bootstrap.
        tracked: of the same rows, if it is known.
        features: (n, D) of the same rows, for the embedding.
    """

    corpus: Corpus
    predictions: Predictions
    protocol: str
    rendered: bool
    seed: int
    resamples: int = 1000
    tracked: Tracked | None = None
    features: NDArray[np.floating] | None = None

    @classmethod
    def of_splits(
        cls,
        corpus: Corpus,
        splits: Sequence[Split],
        predictions: Predictions,
        *,
        rendered: bool,
        seed: int,
        resamples: int = 1000,
        tracked: Tracked | None = None,
        features: NDArray[np.floating] | None = None,
    ) -> Comparison:
        """Return the test rows of all splits together.

        `predictions`, `tracked` and `features` have the corpus' rows. In row i is the prediction of the
        model that was not trained on it: for a k-fold the one of the split that tests it.

        Raises:
            ProtocolError: see `of_rows` and `rows_tested`.
        """
        _check_rows(corpus, predictions, tracked, features)
        rows = rows_tested(splits)
        return cls.of_rows(
            corpus.select(rows),
            predictions.select(rows),
            protocol_name(splits),
            rendered=rendered,
            seed=seed,
            resamples=resamples,
            tracked=None if tracked is None else tracked.select(rows),
            features=None if features is None else features[rows],
        )

    @classmethod
    def of_rows(
        cls,
        corpus: Corpus,
        predictions: Predictions,
        protocol: str,
        *,
        rendered: bool,
        seed: int,
        resamples: int = 1000,
        tracked: Tracked | None = None,
        features: NDArray[np.floating] | None = None,
    ) -> Comparison:
        """Return rows that are all tested, with the AUs that are both labelled and predicted.

        Raises:
            ProtocolError: if the numbers of rows differ, or nothing that is labelled is predicted.
        """
        _check_rows(corpus, predictions, tracked, features)
        aus = common_aus(corpus, predictions.model, predictions.aus, predictions.expressions)
        return cls(
            corpus.with_aus(aus),
            predictions.with_aus(aus),
            protocol,
            rendered,
            seed,
            resamples,
            tracked,
            features,
        )

    @property
    def found(self) -> NDArray[np.bool_]:
        """(n,) where a face was found."""
        return self.predictions.found if self.tracked is None else self.tracked.found

    @property
    def scores(self) -> PerAu | None:
        """Occurrence, 0 or 1, and the predicted probability; None if one side is missing."""
        return self._per_au(self.corpus.occurrence, self.predictions.occurrence)

    @property
    def decisions(self) -> PerAu | None:
        """Occurrence, 0 or 1, and its prediction from the model's thresholds on; None likewise."""
        scores = self.predictions.occurrence
        decided = None if scores is None else decide(scores, self.predictions.thresholds)
        return self._per_au(self.corpus.occurrence, decided)

    @property
    def intensity(self) -> PerAu | None:
        """Intensity, 0 to 5, labelled and predicted; None likewise."""
        return self._per_au(self.corpus.intensity, self.predictions.intensity)

    def _per_au(self, labels: NDArray[np.floating], predictions: NDArray[np.floating] | None) -> PerAu | None:
        labelled = np.flatnonzero(~np.isnan(labels).all(axis=0)).tolist()
        if predictions is None or not labelled:
            return None
        aus = tuple(self.corpus.aus[column] for column in labelled)
        return PerAu(aus, labels[:, labelled], predictions[:, labelled])

    def caption(self, of: str, rows: NDArray[np.bool_] | None = None) -> str:
        """Return what a table prints of its data.

        Args:
            of: its columns: an AU list (`trainers.reports.tested.listed`), or expressions.
            rows: (n,) mask of the frames behind it; all by default.
        """
        chosen = self.corpus.subject if rows is None else self.corpus.subject[rows]
        rendered = " (rendered faces)" if self.rendered else ""
        return (
            f"{of}. Corpus {self.corpus.name}{rendered}; protocol {self.protocol}; "
            f"{counted_noun(len(chosen), 'frame')} of {counted_noun(len(np.unique(chosen)), 'subject')}."
        )

    def figures(
        self,
        metric: Metric,
        labels: NDArray[Any],
        predictions: NDArray[Any],
        rows: NDArray[np.bool_] | None = None,
    ) -> Figures:
        """Return a metric's figures with their 95 % intervals over subjects, of these rows or of all."""
        chosen = np.ones(len(labels), dtype=np.bool_) if rows is None else rows
        subject = self.corpus.subject[chosen]
        if len(subject) == 0:
            nothing = metric(labels[chosen], predictions[chosen])
            return Figures(tuple(Measured(float(figure)) for figure in nothing), Measured(math.nan))
        if isinstance(metric, PairsWon) and len(np.unique(subject)) > MOST_SUBJECTS_FOR_PAIRS:
            subject = np.full(len(subject), "everyone")
        drawn = bootstrap(
            metric, labels[chosen], predictions[chosen], subject, resamples=self.resamples, seed=self.seed
        )
        ends = zip(drawn.value.tolist(), *(end.tolist() for end in drawn.interval()), strict=True)
        return Figures(
            tuple(Measured(*three) for three in ends), Measured(drawn.mean, *drawn.mean_interval())
        )


def counted_noun(count: int, noun: str) -> str:
    """Return "1 frame", "2,000 frames"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(aus: Sequence[str]) -> str:
    """Return "3 AUs: AU01, AU02, AU12"."""
    return f"{counted_noun(len(aus), 'AU')}: {', '.join(aus)}" if aus else "No AU"


def _check_rows(
    corpus: Corpus,
    predictions: Predictions,
    tracked: Tracked | None,
    features: NDArray[np.floating] | None,
) -> None:
    for what, given in (("predictions", predictions), ("tracking", tracked), ("features", features)):
        if given is not None and len(given) != len(corpus):
            raise ProtocolError(f"corpus {corpus.name} has {len(corpus)} rows, the {what} {len(given)}")
