"""The mixed model of Zhou et al. section IV.B: for each AU the better of two models on validation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def dependent_is_better(
    invariant_icc: NDArray[np.floating], dependent_icc: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Return (A,) for which AUs to take the pose-dependent model, by ICC on the validation partition.

    Where one figure is undefined (NaN) the other model wins; where both are or they are equal, the simpler
    one, pose-invariant.
    """
    better: NDArray[np.bool_] = np.nan_to_num(dependent_icc, nan=-np.inf) > np.nan_to_num(
        invariant_icc, nan=-np.inf
    )
    return better


def mixed(
    invariant: NDArray[np.floating], dependent: NDArray[np.floating], dependent_better: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return (n, A) estimates, each AU's from the model chosen for it.

    Args:
        invariant, dependent: (n, A) of the same rows.
        dependent_better: (A,), from validation rows that are not these.
    """
    return np.where(dependent_better, dependent, invariant).astype(np.float32)
