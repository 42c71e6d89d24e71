"""Several models on the same pictures: figures of the cells that all have, and paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.errors import ProtocolError
from trainers.metrics import Metric, difference, icc, pcc, rmse
from trainers.reports.comparison import Comparison, Figures, listed
from trainers.reports.content import Measured

METRICS: tuple[Metric, ...] = (rmse, pcc, icc)
"""In the order of Zhou et al. Table I."""


class ModelComparison(NamedTuple):
    """Models and their intensities of the same cells.

    Attributes:
        aus: the A AUs.
        labels: (n, A) 0 to 5, NaN where any model has nothing to say.
        predictions: model -> (n, A).
        figures: model -> metric -> its figures.
        base: the first model's comparison, for captions and settings.
    """

    aus: tuple[str, ...]
    labels: NDArray[np.floating]
    predictions: dict[str, NDArray[np.floating]]
    figures: dict[str, dict[Metric, Figures]]
    base: Comparison

    @property
    def models(self) -> tuple[str, ...]:
        """Their names; the first is the reference."""
        return tuple(self.predictions)

    @property
    def caption(self) -> str:
        """What tables print of the data."""
        return self.base.caption(listed(self.aus), ~np.isnan(self.labels).all(axis=1))

    def gain(self, model: str) -> Figures:
        """Return a model's ICC less the reference's, with intervals."""
        base = self.base
        drawn = difference(
            icc,
            self.labels,
            self.predictions[self.models[0]],
            self.predictions[model],
            base.corpus.subject,
            resamples=base.resamples,
            seed=base.seed,
        )
        ends = zip(drawn.value.tolist(), *(end.tolist() for end in drawn.interval()), strict=True)
        return Figures(
            tuple(Measured(*three) for three in ends), Measured(drawn.mean, *drawn.mean_interval())
        )


def compare_models(comparisons: Sequence[Comparison]) -> ModelComparison:
    """Return the models of several comparisons of the same rows, told apart by `Predictions.model`.

    Raises:
        ProtocolError: no model, two of one name, other rows or AUs, or no intensities.
    """
    models = [comparison.predictions.model for comparison in comparisons]
    if not models or len(set(models)) < len(models):
        raise ProtocolError(
            f"models compared: {', '.join(models) or 'none'}; give one or more, each by its own name"
        )
    first, *rest = comparisons
    for other in rest:
        if not _same_rows(first, other):
            raise ProtocolError(
                f"models {first.predictions.model} and {other.predictions.model} were tested on different "
                "rows or AUs; compare predictions of the same ones"
            )
    given = {c.predictions.model: c.intensity for c in comparisons}
    pairs = {model: pair for model, pair in given.items() if pair is not None}
    if silent := [model for model in models if model not in pairs]:
        raise ProtocolError(
            f"model {silent[0]} on corpus {first.corpus.name}: there are no intensities to compare"
        )
    predictions = {model: pair.predictions for model, pair in pairs.items()}
    aus, labels, _ = pairs[models[0]]
    missing = np.any([np.isnan(values) for values in predictions.values()], axis=0)
    common = np.where(missing, np.nan, labels)
    figures = {
        model: {metric: first.figures(metric, common, values) for metric in METRICS}
        for model, values in predictions.items()
    }
    return ModelComparison(aus, common, predictions, figures, first)


def _same_rows(one: Comparison, other: Comparison) -> bool:
    a, b = one.corpus, other.corpus
    return a.aus == b.aus and all(
        np.array_equal(getattr(a, column), getattr(b, column))
        for column in ("subject", "sequence", "frame", "view")
    )
