"""Which restyled pictures a target classifier is given besides its own few: those most like them (4.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.reports.embedding import embed


def most_alike(
    target: NDArray[np.floating], made: NDArray[np.floating], nearest: int, *, seed: int
) -> NDArray[np.int64]:
    """Return positions among the restyled pictures, sorted, each once.

    Features of both are laid out together by t-SNE, as the paper does, and of each target picture the
    `nearest` restyled ones are taken; many are the nearest of several.

    Args:
        target: (n, D) low-level features of the labelled target pictures.
        made: (m, D) those of the restyled ones.
        nearest: t of section 4.2: 8 for SFEW, 3 for EmotioNet.
    """
    from sklearn.neighbors import NearestNeighbors  # type: ignore[import-untyped]

    places = embed(np.concatenate([target, made]), seed=seed)
    search = NearestNeighbors(n_neighbors=min(nearest, len(made))).fit(places[len(target) :])
    chosen: NDArray[np.int64] = np.unique(search.kneighbors(places[: len(target)], return_distance=False))
    return chosen
