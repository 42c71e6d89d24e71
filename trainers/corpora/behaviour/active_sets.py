"""Which AUs are active together: the joint distribution with given base rates, phi and exclusions.

Of all distributions over sets of AUs that meet the configured moments, this is the one with the largest
entropy, p(x) proportional to exp(sum_i h_i x_i + sum_ij J_ij x_i x_j) over the sets x without an excluded
pair (Jaynes, "Information theory and statistical mechanics", Physical Review 106, 1957): nothing is assumed
beyond the file. Some 150,000 sets remain for the default 20 AUs, few enough to list, so that moments, fit and
sampling are exact; there is no bias to correct for as there would be with a thresholded Gaussian whose
excluded pairs are resolved afterwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from trainers.corpora.behaviour.statistics import BLINK, Statistics
from trainers.errors import CorpusError

MOST_SETS = 400_000
"""Sets that are still listed: about half a gigabyte while fitting."""
DECIMALS = 4
"""To which fitted weights are rounded, far above the noise of the fit: the number of threads that multiply
matrices then changes no probability, and the same seed draws the same sets."""
TOLERANCE = 1e-3
"""By how much a fitted moment (a probability) may miss the configured one."""


class ActiveSets:
    """Draws sets of active AUs; blinks are not among them (see `blinks`).

    Attributes:
        sets: (n, A) bool, the possible sets; the column of AU45 is False.
        probability: (n,) float64, sums to 1.
    """

    def __init__(self, statistics: Statistics) -> None:
        """Fit the distribution; takes about half a second.

        Raises:
            CorpusError: if no distribution meets the statistics, or too many sets are possible.
        """
        self.sets = possible_sets(statistics)
        self.probability = _fit(self.sets, statistics)
        self._cumulative = np.cumsum(self.probability)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return independent sets, (*shape, A) bool."""
        which = np.searchsorted(self._cumulative, rng.random(shape) * self._cumulative[-1], side="right")
        return np.asarray(self.sets[which])


def possible_sets(statistics: Statistics) -> NDArray[np.bool_]:
    """Return all sets of AUs without an excluded pair, (n, A) bool, the empty one first; none has AU45."""
    aus = statistics.aus
    excluded = np.zeros((len(aus), len(aus)), dtype=np.bool_)
    for a, b in statistics.exclusions:
        excluded[aus.index(a), aus.index(b)] = excluded[aus.index(b), aus.index(a)] = True
    sets = np.zeros((1, len(aus)), dtype=np.bool_)
    for column, au in enumerate(aus):
        if au == BLINK:
            continue
        extended = sets[~sets[:, excluded[column]].any(axis=1)]
        extended[:, column] = True
        sets = np.concatenate([sets, extended])
        if len(sets) > MOST_SETS:
            raise CorpusError(
                f"{len(aus)} AUs with so few exclusions make over {MOST_SETS:,} sets: use fewer AUs"
            )
    return sets


def _fit(sets: NDArray[np.bool_], statistics: Statistics) -> NDArray[np.float64]:
    """Return (n,) probabilities of the sets: the convex dual of maximum entropy, by Newton's method."""
    single = [column for column, au in enumerate(statistics.aus) if au != BLINK]
    first = [statistics.aus.index(a) for a, _ in statistics.phi]
    second = [statistics.aus.index(b) for _, b in statistics.phi]
    rate = statistics.base_rate
    deviation = np.sqrt(rate * (1 - rate))
    both = rate[first] * rate[second] + np.array(list(statistics.phi.values())) * (
        deviation[first] * deviation[second]
    )
    wanted = np.concatenate([rate[single], both])
    pairs = sets[:, first] & sets[:, second]
    features = np.concatenate([sets[:, single], pairs], axis=1).astype(np.float64)

    def probabilities(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        energy = features @ weights
        top = float(energy.max())
        unscaled = np.exp(energy - top)
        total = float(unscaled.sum())
        return unscaled / total, top + float(np.log(total))

    def dual(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        probability, log_total = probabilities(weights)
        moments = probability @ features
        return log_total - float(weights @ wanted), moments - wanted

    sparse = csr_array(features)

    def curvature(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        probability = probabilities(weights)[0]
        moments = probability @ features
        # Sparse, because most features of most sets are 0, and never slowed down by a busy machine's BLAS.
        squares = sparse.T @ sparse.multiply(probability[:, None]).tocsr()
        return np.asarray(squares.toarray() - np.outer(moments, moments))

    start = np.concatenate([np.log(rate[single] / (1 - rate[single])), np.zeros(len(both))])
    found = minimize(dual, start, jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-8})
    miss = np.abs(found.jac)
    if miss.max() > TOLERANCE:
        worst = int(miss.argmax())
        names = [statistics.aus[column] for column in single] + [
            " and ".join(pair) for pair in statistics.phi
        ]
        raise CorpusError(
            f"no behaviour has these statistics: {names[worst]} misses its rate by {miss[worst]:.3f};"
            " bring its phi or base rate nearer to what its partners and exclusions allow"
        )
    return probabilities(found.x.round(DECIMALS))[0]
