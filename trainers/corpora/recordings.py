"""A corpus' rows recording by recording, in time: what temporal filters run along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import Corpus


def in_time(corpus: Corpus) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return each row's recording, the rows recording by recording in time, and where one begins anew.

    A recording is a sequence seen in one view. It begins anew where frames were left out: after a step longer
    than its median step.

    Returns:
        (n,) number of each row's recording; (n,) rows in order; (n,) whether a filter must start afresh at
        that row.
    """
    names = np.stack([corpus.sequence, corpus.view])
    _, recording = np.unique(names, axis=1, return_inverse=True)
    order = np.lexsort((corpus.frame, recording))
    restart = np.ones(len(corpus), dtype=np.bool_)
    for rows in np.split(order, np.flatnonzero(np.diff(recording[order])) + 1):
        steps = np.diff(corpus.frame[rows])
        if len(steps):
            restart[rows[1:]] = steps > np.median(steps)
    return recording, order, restart
