"""t-SNE of what a model makes of faces (Wang et al. Fig. 8, F. Zhang et al. Fig. 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.corpus import EXPRESSIONS
from trainers.reports.comparison import Comparison, listed
from trainers.reports.content import Plot, Section
from trainers.reports.plots import COLOURS, scatter

MOST_POINTS = 1000
LEAST_POINTS = 20
PERPLEXITY = 30.0


def embed(features: NDArray[np.floating], *, seed: int) -> NDArray[np.float32]:
    """Return (n, 2) places in the plane by t-SNE (van der Maaten and Hinton 2008).

    Args:
        features: (n, D), n of 4 or more, no NaN. Columns are brought to variance 1 first, for a network's
            features and intensities beside probabilities have no common unit.
    """
    from sklearn.manifold import TSNE  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    tsne = TSNE(perplexity=min(PERPLEXITY, (len(features) - 1) / 3), init="pca", random_state=seed, n_jobs=1)
    # OpenMP's threads wait for each other thousands of times: on a busy machine minutes for a few faces.
    with threadpool_limits(1):
        places: NDArray[np.float32] = tsne.fit_transform(scaled.astype(np.float64)).astype(np.float32)
    return places


def embedding_section(comparison: Comparison) -> Section | None:
    """Return the section, None if there are too few faces or nothing to colour them by.

    Embedded are `Comparison.features` or, without them, the model's own scores. Colours are the labelled
    expressions, else the domains, else the eight subjects with the most frames.
    """
    features, what = comparison.features, "features of the penultimate layer"
    if features is None:
        p = comparison.predictions
        scores = [s for s in (p.occurrence, p.intensity, p.expression) if s is not None and s.shape[1]]
        features, what = np.concatenate(scores, axis=1), "the model's scores"
    groups, order, by = _colours(comparison)
    rows = np.flatnonzero(~np.isnan(features).any(axis=1) & np.isin(groups, order))
    if len(rows) < LEAST_POINTS or features.shape[1] < 2:
        return None
    if len(rows) > MOST_POINTS:
        rows = np.sort(np.random.default_rng(comparison.seed).choice(rows, MOST_POINTS, replace=False))
    shown = np.zeros(len(features), dtype=np.bool_)
    shown[rows] = True
    caption = comparison.caption(listed(comparison.corpus.aus), shown)
    plot = Plot(
        name="embedding",
        title=f"t-SNE, coloured by {by}",
        caption=f"{caption} Embedded: {what}; seed {comparison.seed}.",
        text=f"Faces as dots in the plane, near where {what} are alike, coloured by {by}.",
        png=scatter(embed(features[rows], seed=comparison.seed), groups[rows], order),
    )
    return Section("embedding", "Embedding", (plot,))


def _colours(comparison: Comparison) -> tuple[NDArray[np.str_], list[str], str]:
    """Return each row's group, the groups in order, and what they are."""
    corpus = comparison.corpus
    if (corpus.expression != "").any():
        return corpus.expression, [e for e in EXPRESSIONS if (corpus.expression == e).any()], "expression"
    domains = sorted(set(corpus.domain.tolist()) - {""})
    if len(domains) > 1:
        return corpus.domain, domains[: len(COLOURS)], "domain"
    names, counts = np.unique(corpus.subject, return_counts=True)
    most = names[np.argsort(-counts, kind="stable")[: len(COLOURS) - 1]]
    return corpus.subject, sorted(most.tolist()), "subject"
