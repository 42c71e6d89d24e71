"""What one model gains on another on the same rows, with the interval of the difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.metrics.confidence import Bootstrap, bootstrap
from trainers.metrics.metric import Metric


def difference(
    metric: Metric | Callable[[NDArray[Any], NDArray[Any]], NDArray[Any] | float],
    labels: NDArray[Any],
    reference: NDArray[Any],
    other: NDArray[Any],
    subject: NDArray[np.str_],
    *,
    resamples: int = 1000,
    seed: int,
) -> Bootstrap:
    """Return other's figures less the reference's, (A,), and that in each draw of the subjects.

    Paired: a draw takes the same subjects for both, so that what makes a subject hard for either cancels out.

    Args:
        metric: as `bootstrap` takes it.
        labels, reference, other: as the metric takes them, NaN or of names "" where there is none; cells
            count that all three have.
        subject: (n,) whose row it is.
    """
    common = np.where(
        _missing(reference) | _missing(other), "" if labels.dtype.kind == "U" else np.nan, labels
    )
    # The same seed and subjects give the same draws.
    before, after = (
        bootstrap(metric, common, predictions, subject, resamples=resamples, seed=seed)
        for predictions in (reference, other)
    )
    return Bootstrap(after.value - before.value, after.resampled - before.resampled, after.subjects)


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    missing: NDArray[np.bool_] = values == "" if values.dtype.kind == "U" else np.isnan(values)
    return missing
