"""How often AUs occur, alone and together, in the labels and in the predictions.

Phi maps as Ghosh et al. Fig. 4, marginal and conditional distances as Wang et al. Fig. 5 and 6.
"""

from __future__ import annotations

import numpy as np

from trainers.metrics import (
    conditional_distance,
    marginal,
    marginal_distance,
    mean_off_diagonal,
    phi,
    with_neutral,
)
from trainers.reports.comparison import Comparison, listed
from trainers.reports.content import Headline, Measured, Plot, Section, Share, Table
from trainers.reports.plots import CORRELATION, SHARE, bars, maps


def co_occurrence_section(comparison: Comparison) -> Section | None:
    """Return the section, None if no occurrence is both labelled and predicted."""
    pairs = comparison.decisions
    if pairs is None:
        return None
    aus = pairs.aus
    # Both sides over the same cells: else faces that were not found would shift one of them.
    labels = np.where(pairs.known, pairs.labels, np.nan)
    decisions = np.where(pairs.known, pairs.predictions, np.nan)
    caption = comparison.caption(listed(aus), pairs.rows)

    rates = {"labelled": marginal(labels), "predicted": marginal(decisions)}
    apart = comparison.figures(marginal_distance, labels, decisions)
    table = Table(
        title="Base rates",
        caption=caption,
        head=("AU", "labelled", "predicted", "distance"),
        rows=tuple(
            (au, Share(float(rates["labelled"][k])), Share(float(rates["predicted"][k])), apart.each[k])
            for k, au in enumerate(aus)
        ),
        summary=(("mean", "", "", apart.mean),),
        notes=("Share of frames in which the AU is active; distance is their absolute difference, 0 to 1.",),
    )
    rate_plot = Plot(
        name="base_rates",
        title="Base rates, labelled and predicted",
        caption=caption,
        text="Bars: share of frames in which each AU is active, in labels and predictions.",
        png=bars(
            aus,
            {name: [Measured(float(rate)) for rate in values] for name, values in rates.items()},
            "share of frames",
            top=None,
        ),
    )
    blocks: list[Table | Plot] = [table, rate_plot]
    figures = {
        "rate labelled": dict(zip(aus, rates["labelled"], strict=True)),
        "rate predicted": dict(zip(aus, rates["predicted"], strict=True)),
        "marginal distance": apart.as_json(aus),
    }
    headlines = [Headline("base rate distance", apart.mean, apart.over)]
    if len(aus) > 1:
        names = (*aus, "none")
        phis = {"labels": phi(with_neutral(labels)), "predictions": phi(with_neutral(decisions))}
        difference = mean_off_diagonal(np.abs(phis["predictions"] - phis["labels"]))
        between = conditional_distance(labels, decisions)
        figures |= {
            "phi": {"names": names, **phis, "mean absolute difference": difference},
            "conditional distance": {"aus": aus, "matrix": between, "mean": mean_off_diagonal(between)},
        }
        blocks += [
            Plot(
                name="phi",
                title="Phi coefficients",
                caption=f"{caption} Mean absolute difference {difference:.3f}. Grey: undefined, "
                "one of the two is always or never active.",
                text="Correlation of each two AUs, and of no AU at all, in labels and in predictions.",
                png=maps(phis, names, names, scale=(-1.0, 1.0), colours=CORRELATION, label="Phi"),
            ),
            Plot(
                name="conditional",
                title="Distance of conditional distributions",
                caption=f"{caption} Row i, column j: |P(i | j) predicted - labelled|, mean off the diagonal "
                f"{mean_off_diagonal(between):.3f}. Grey: j never occurs.",
                text="Absolute difference of the conditional probabilities of each two AUs.",
                png=maps(
                    {"": between}, aus, aus, scale=(0.0, 1.0), colours=SHARE, label="difference",
                    axis_names=("AU", "given AU"),
                ),
            ),
        ]  # fmt: skip
    return Section("co_occurrence", "Co-occurrence", tuple(blocks), figures, tuple(headlines))
