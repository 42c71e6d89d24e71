"""Noise suppression of Zhou et al. section III.C: the median of three frames, along each recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from realtime.errors import OptionError
from trainers.corpora.corpus import Corpus
from trainers.corpora.recordings import in_time

WINDOW = 3


def median_filtered(
    intensity: NDArray[np.floating], corpus: Corpus, window: int = WINDOW
) -> NDArray[np.float32]:
    """Return (n, A) estimates, each the median of itself and its neighbours in time.

    Centred, as the paper's, by SciPy; the runtime's `MedianSmoother` is the same filter looking back only,
    as a live one must, and so a frame late. A recording is a sequence seen in one view. Its ends repeat
    their last frame; frames left out (a step longer than the recording's median step) and rows without an
    estimate (NaN) are such ends, too.

    Args:
        intensity: (n, A), NaN in rows without an estimate.
        corpus: of the same rows, in any order.
        window: frames, odd.

    Raises:
        OptionError: the window is even or below 1.
    """
    if window < 1 or window % 2 == 0:
        raise OptionError(f"median window {window}: must be odd, 1 or more frames (1 is no filter)")
    filtered = intensity.astype(np.float32)
    known = ~np.isnan(intensity).any(axis=1)
    _, order, restart = in_time(corpus)
    begins = restart[order]
    begins[1:] |= np.diff(known[order])
    for run in np.split(order, np.flatnonzero(begins)):
        if len(run) and known[run[0]]:
            filtered[run] = median_filter(filtered[run], size=(window, 1), mode="nearest")
    return filtered
