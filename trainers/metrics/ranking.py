"""How well scores rank active frames above inactive ones, whatever the threshold: AUC and 2AFC.

2AFC (two-alternative forced choice) is the chance that, of one active and one inactive frame drawn at
random, the active one scores higher, a tie being half right: the Mann-Whitney U over all such pairs. It
equals the area under the ROC curve drawn by straight lines (Bamber, "The area above the ordinal dominance
graph", J. Math. Psychology 12, 1975). Ghosh et al. report 2AFC, Wang et al. AUC: two names
in tables, one figure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.metrics.metric import Floats, Metric, paired, ratio
from trainers.metrics.occurrence import require_binary


class PairsWon(Metric):
    """The share of (active, inactive) pairs of frames that the scores rank right."""

    def weighted(
        self,
        labels: NDArray[Any],
        predictions: NDArray[Any],
        subject: NDArray[np.int64],
        weights: Floats,
    ) -> Floats:
        """Return the (R, A) shares; see `Metric.weighted`.

        The pairs won are summed per pair of subjects, so that a resampling weighs them by the product
        of the two subjects' weights and no score is ranked again.
        """
        labels, scores = paired(labels, predictions)
        require_binary(labels, "labels")
        subjects = weights.shape[1]
        figures = np.empty((len(weights), labels.shape[1]))
        for column in range(labels.shape[1]):
            active, inactive = labels[:, column] == 1, labels[:, column] == 0
            won = _pairs_won(
                scores[active, column], subject[active], scores[inactive, column], subject[inactive], subjects
            )
            pairs = (weights @ np.bincount(subject[active], minlength=subjects)) * (
                weights @ np.bincount(subject[inactive], minlength=subjects)
            )
            figures[:, column] = ratio(((weights @ won) * weights).sum(axis=1), pairs)
        return figures


def _pairs_won(
    active: Floats,
    active_subject: NDArray[np.int64],
    inactive: Floats,
    inactive_subject: NDArray[np.int64],
    subjects: int,
) -> Floats:
    """Return (S, S): of pairs of an active frame of s and an inactive one of t, how many s wins."""
    order = np.argsort(active)  # searchsorted is many times faster for keys that rise
    active, active_subject = active[order], active_subject[order]
    won = np.zeros((subjects, subjects))
    for t in np.unique(inactive_subject):
        theirs = np.sort(inactive[inactive_subject == t])
        below = np.searchsorted(theirs, active, side="left")
        not_above = np.searchsorted(theirs, active, side="right")
        won[:, t] = np.bincount(active_subject, weights=(below + not_above) / 2, minlength=subjects)
    return won


auc = PairsWon("AUC")
"""(labels, scores) -> (A,) area under the ROC curve; NaN unless both active and inactive frames are there."""

two_afc = PairsWon("2AFC")
"""(labels, scores) -> (A,) the same figure under the name of Ghosh et al. Tables I to III."""
