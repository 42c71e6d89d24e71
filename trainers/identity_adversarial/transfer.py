"""A network of one corpus as extractor for another, as Z. Zhang et al. go from BP4D to DISFA (section 4.3.1).

"We use the best model trained on BP4D as a feature extractor [...]. Then a linear regressor is trained from
scratch for inference of 8 AU labels."
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.protocols import Split

RIDGE = 1.0
"""Of squared weights of standardised features: those of features that go together stay small."""


def linear_transfer(
    features: NDArray[np.floating], occurrence: NDArray[np.floating], splits: Sequence[Split]
) -> NDArray[np.float32]:
    """Return (n, A) what a linear regressor on features says of each row that a split tests, NaN elsewhere.

    Args:
        features: (n, D), NaN where no face was found.
        occurrence: (n, A), 0, 1 or NaN.
        splits: folds of the second corpus, none of whose people the networks have seen.
    """
    said = np.full(occurrence.shape, np.nan, dtype=np.float32)
    found = ~np.isnan(features).any(axis=1)
    for split in splits:
        test = split.test[found[split.test]]
        for au in range(occurrence.shape[1]):
            train = split.train[found[split.train] & ~np.isnan(occurrence[split.train, au])]
            if len(train):
                said[test, au] = _regressed(features[train], occurrence[train, au], features[test])
    return said


def _regressed(
    features: NDArray[np.floating], labels: NDArray[np.floating], asked: NDArray[np.floating]
) -> NDArray[np.float64]:
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    x = (features - mean) / spread
    level = labels.mean()
    weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ (labels - level))
    regressed: NDArray[np.float64] = level + (asked - mean) / spread @ weights
    return regressed
