"""Quadratic discriminant analysis in torch, one for each Action Unit, so that it can be part of a bundle.

Duda, Hart and Stork, "Pattern Classification", section 2.6.3, from maximum-likelihood estimates.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SHRINKAGE = 1e-3
"""Share of the identity in each covariance: features that hardly vary must not decide alone."""


class QuadraticDiscriminants(nn.Module):
    """(n, D) features -> (n, A) posterior probabilities that each Action Unit is present.

    Args:
        features: D.
        aus: A.
    """

    mean: Tensor
    root: Tensor
    offset: Tensor

    def __init__(self, features: int, aus: int) -> None:
        super().__init__()
        # Of each AU absent and present: a class whose posterior is even until it is fitted.
        self.register_buffer("mean", torch.zeros(aus, 2, features))
        self.register_buffer("root", torch.zeros(aus, 2, features, features))
        self.register_buffer("offset", torch.zeros(aus, 2))

    def forward(self, features: Tensor) -> Tensor:
        """Return P(present | features)."""
        apart = features[:, None, None, :] - self.mean  # (n, A, 2, D)
        whitened = torch.einsum("nacd,acde->nace", apart, self.root)
        discriminant = self.offset - 0.5 * whitened.square().sum(dim=3)
        probability: Tensor = torch.sigmoid(discriminant[..., 1] - discriminant[..., 0])
        return probability

    def fit(self, features: NDArray[np.floating], occurrence: NDArray[np.floating]) -> list[int]:
        """Fit each AU on the rows whose label is known; return the columns of AUs that could not be.

        Args:
            features: (n, D).
            occurrence: (n, A), 0, 1 or NaN.

        An AU of which either class has fewer than two rows keeps an even posterior.
        """
        missed = []
        for au in range(occurrence.shape[1]):
            classes = [features[occurrence[:, au] == value].astype(np.float64) for value in (0, 1)]
            if min(len(rows) for rows in classes) < 2:
                missed.append(au)
                continue
            known = sum(len(rows) for rows in classes)
            for index, rows in enumerate(classes):
                root, log_determinant = _whitening(rows)
                prior = np.log(len(rows) / known)
                self.mean[au, index] = torch.from_numpy(rows.mean(axis=0))
                self.root[au, index] = torch.from_numpy(root)
                self.offset[au, index] = float(prior - 0.5 * log_determinant)
        return missed


def _whitening(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return (D, D) what turns deviations from the mean white, and the covariance's log determinant."""
    variance, axes = np.linalg.eigh(np.atleast_2d(np.cov(rows, rowvar=False, bias=True)))
    variance = (1 - SHRINKAGE) * np.maximum(variance, 0.0) + SHRINKAGE
    return axes / np.sqrt(variance), float(np.log(variance).sum())
