"""What Ghosh et al. claim, beside what was measured here."""

from __future__ import annotations

from typing import Any

from trainers.metrics import accuracy, difference, two_afc
from trainers.multilabel_qda.published import published
from trainers.multilabel_qda.results import Results
from trainers.reports import Comparison
from trainers.reports.comparison import Figures, listed
from trainers.reports.content import Headline, Measured, Section
from trainers.reproduction.claims import (
    FAILS,
    HOLDS,
    Beside,
    Claim,
    claims_section,
    verdict_of,
    with_sign,
)
from trainers.reproduction.occurrence import figures_of, over_aus

MOST_LOST = 0.05
"""2AFC that may be lost between corpora for features to count as general."""


def two_afc_of(comparison: Comparison) -> Figures:
    """Return 2AFC per AU."""
    scores = comparison.scores
    assert scores is not None
    return comparison.figures(two_afc, scores.labels, scores.predictions)


def lost(crossed: Comparison, own: Comparison) -> Measured:
    """Return how much 2AFC a network from elsewhere loses on one from this corpus: the means over AUs.

    With the interval over people, who are the same and drawn together.
    """
    one, two = crossed.scores, own.scores
    assert one is not None and two is not None
    drawn = difference(
        two_afc, one.labels, one.predictions, two.predictions, own.corpus.subject, seed=own.seed
    )
    return Measured(drawn.mean, *drawn.mean_interval())


def _printed() -> str:
    """Return the paper's means, from one corpus to the other and on its own."""
    same, cross = published()["same"], published()["cross"]["pairs"]
    ways = (("BP4D to DISFA", "disfa"), ("DISFA to BP4D", "bp4d"))
    return "; ".join(
        f"{way}: {cross[way]['2AFC'][-1]:.3f} instead of {same[own]['2AFC'][-1]:.3f}" for way, own in ways
    )


def claims_of(results: Results) -> Section:
    """Return the claims as a section."""
    claims, headlines = [], []
    figures: dict[str, Any] = {}
    printed = _printed()
    for crossed, own in zip(results.crossed, results.same[::-1], strict=True):
        there, here = two_afc_of(crossed.comparison).mean, two_afc_of(own.comparison).mean
        less = lost(crossed.comparison, own.comparison)
        way = f"{crossed.trained_on} to {crossed.tested_on}"
        figures[way] = {"2AFC": there, "own": here, "lost": less}
        headlines.append(Headline(f"2AFC, {way}", there, over_aus(crossed.comparison)))
        claims.append(
            Claim(
                f"From {way} at most {MOST_LOST} of the 2AFC is lost",
                printed,
                f"{there.value:.3f} instead of {here.value:.3f}: {with_sign(less)} lost",
                {HOLDS: FAILS, FAILS: HOLDS}.get(verdict := verdict_of(less, MOST_LOST), verdict),
            )
        )
    for own in results.same:
        figure_of_own = two_afc_of(own.comparison).mean
        headlines.append(Headline(f"2AFC, {own.corpus} to itself", figure_of_own, over_aus(own.comparison)))
    base = results.same[0].comparison
    sides = [own.comparison for own in results.same] + [crossed.comparison for crossed in results.crossed]
    besides = []
    for (what, printed_means), comparison in zip(_as_printed().items(), sides, strict=True):
        means = (figures_of(comparison, accuracy).mean, two_afc_of(comparison).mean)
        for figure, paper, here in zip(("accuracy", "2AFC"), printed_means, means, strict=True):
            besides.append(Beside(f"{figure}, {what}", paper, here))
    return claims_section(claims, besides, base.caption(listed(base.corpus.aus)), figures, headlines)


def _as_printed() -> dict[str, tuple[float, float]]:
    """Return the paper's mean accuracy and 2AFC, in the order in which our corpora stand for its two."""
    same, cross = published()["same"], published()["cross"]["pairs"]
    sides = {
        "BP4D to itself": same["bp4d"],
        "DISFA to itself": same["disfa"],
        **{way: cross[way] for way in ("BP4D to DISFA", "DISFA to BP4D")},
    }
    return {what: (each["accuracy"][-1] / 100, each["2AFC"][-1]) for what, each in sides.items()}
