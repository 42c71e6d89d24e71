"""Figures per view or pose, and how far the same frames seen from two views get the same intensities."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainers.errors import ProtocolError
from trainers.metrics.intensity import icc
from trainers.metrics.metric import Floats, Metric


def by_group(
    metric: Metric, labels: NDArray[Any], predictions: NDArray[Any], group: NDArray[np.str_]
) -> dict[str, Floats]:
    """Return the (A,) figures of each group's rows, groups in sorted order.

    Args:
        metric: any of this package.
        labels, predictions: as the metric takes them, n rows.
        group: (n,) the view, pose group or domain of each row. The column "VI" (view-independent) of
            Zhou et al. Tables II and III is the metric of all rows, not the mean of the views.
    """
    return {str(name): metric(labels[group == name], predictions[group == name]) for name in np.unique(group)}


class ViewAgreement(NamedTuple):
    """How far the views agree, pair by pair.

    Attributes:
        views: the V views, sorted.
        icc: (A, V, V) ICC(3,1) between each two, symmetric. NaN where two views share no frame or
            one of them shows no variance.
        frames: (V, V) int64 how many frames each two share.
    """

    views: tuple[str, ...]
    icc: Floats
    frames: NDArray[np.int64]


def view_agreement(
    predictions: NDArray[np.floating],
    sequence: NDArray[np.str_],
    frame: NDArray[np.int64],
    view: NDArray[np.str_],
) -> ViewAgreement:
    """Return the "ICC confusion matrix" of Zhou et al. section III.C and Fig. 2.

    The paper's C_ij are "the ICC values between pairs of poses (i and j)" and measure "the consistency
    between estimated sequences of different poses". Read here as: no labels enter; the frames that both
    views show are the targets, the model's estimates under the two views are the two raters.

    Args:
        predictions: (n, A) intensities, NaN where there is none.
        sequence, frame, view: (n,) as in `Corpus`. Rows of the same sequence and frame are the same
            moment, so a sequence must have one name under all its views.

    Raises:
        ProtocolError: if a frame occurs twice under one view.
    """
    views, column = np.unique(view, return_inverse=True)
    _, recording = np.unique(sequence, return_inverse=True)
    moments, moment = np.unique(np.stack([recording, frame]), axis=1, return_inverse=True)
    shown = np.zeros((moments.shape[1], len(views)), dtype=np.int64)
    np.add.at(shown, (moment, column), 1)
    if (shown > 1).any():
        row = int(np.flatnonzero(shown[moment, column] > 1)[0])
        raise ProtocolError(
            f"frame {frame[row]} of sequence {sequence[row]} occurs more than once under view "
            f"{view[row] or 'unnamed'}; compare views on the corpus as loaded, without repeated frames"
        )
    table = np.full((moments.shape[1], len(views), predictions.shape[1]), np.nan)
    table[moment, column] = predictions
    agreement = np.empty((predictions.shape[1], len(views), len(views)))
    for i in range(len(views)):
        for j in range(len(views)):
            agreement[:, i, j] = icc(table[:, i], table[:, j])
    # `icc` is undefined only where its first rater does not vary; between views neither comes first.
    agreement[np.isnan(agreement.transpose(0, 2, 1))] = np.nan
    return ViewAgreement(tuple(str(name) for name in views), agreement, shown.T @ shown)
