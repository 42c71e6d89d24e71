"""The table and the plot of occurrence: F1, accuracy and AUC per AU (Wang et al. Tables 1 to 3)."""

from __future__ import annotations

import numpy as np

from realtime.facs import AU_NAMES
from trainers.metrics import accuracy, auc, f1, marginal
from trainers.reports.comparison import (
    MOST_SUBJECTS_FOR_PAIRS,
    Comparison,
    Figures,
    listed,
)
from trainers.reports.content import Headline, Plot, Section, Table, Text
from trainers.reports.plots import bars

UNDEFINED_NOTE = (
    "–: undefined. F1 needs an active frame, accuracy a labelled one, AUC both active and inactive ones. "
    "The mean is over the AUs that have a figure."
)
NO_INTERVAL_NOTE = (
    "No interval: the figure rests on one subject, or on so few that it is undefined in more than a fifth of "
    "the draws."
)


def occurrence_section(comparison: Comparison) -> Section | None:
    """Return the section, None if no occurrence is labelled."""
    title = "Occurrence"
    scores, decisions = comparison.scores, comparison.decisions
    if scores is None or decisions is None:
        if np.isnan(comparison.corpus.occurrence).all():
            return None
        text = f"The corpus labels occurrence, but model {comparison.predictions.model} gives none."
        return Section("occurrence", title, (Text(text),))
    aus, labels, _ = decisions
    figures = {
        metric.name: comparison.figures(metric, labels, (scores if metric is auc else decisions).predictions)
        for metric in (f1, accuracy, auc)
    }
    known = decisions.known
    frames = decisions.frames
    active = ((labels == 1) & known).sum(axis=0)
    caption = comparison.caption(listed(aus), decisions.rows)
    table = Table(
        title="F1, accuracy and AUC per AU",
        caption=caption,
        head=("AU", "name", "F1", "accuracy", "AUC (2AFC)", "active", "frames"),
        rows=tuple(
            (au, AU_NAMES.get(au, ""), *(f.each[k] for f in figures.values()), int(active[k]), int(frames[k]))
            for k, au in enumerate(aus)
        ),
        summary=(("mean", "", *(f.mean for f in figures.values()), "", ""),),
        notes=tuple(_notes(comparison, figures)),
    )
    rates = marginal(np.where(known, labels, np.nan))
    everything_active = (2 * rates / (1 + rates)).tolist()
    plot = Plot(
        name="occurrence",
        title="F1 per AU",
        caption=caption,
        text="Bars: F1 per AU with 95 % interval. Ticks: F1 of calling every frame active.",
        png=bars(
            aus, {"F1": figures["F1"].each}, "F1", marks=("every frame called active", everything_active)
        ),
    )
    thresholds = comparison.predictions.with_aus(aus).thresholds
    counts = {"frames": frames, "active": active, "thresholds": thresholds}
    return Section(
        "occurrence",
        title,
        (table, plot),
        {name: f.as_json(aus) for name, f in figures.items()}
        | {name: dict(zip(aus, values.tolist(), strict=True)) for name, values in counts.items()},
        tuple(Headline(name, f.mean, f.over) for name, f in figures.items()),
    )


def _notes(comparison: Comparison, figures: dict[str, Figures]) -> list[str]:
    notes = [
        "Frames where no face was found have no prediction and do not count. An AU is predicted active from "
        "the model's own threshold on."
    ]
    if any(f.undefined for f in figures.values()):
        notes.append(UNDEFINED_NOTE)
    many = len(np.unique(comparison.corpus.subject)) > MOST_SUBJECTS_FOR_PAIRS
    if any(f.without_interval for name, f in figures.items() if not (many and name == auc.name)):
        notes.append(NO_INTERVAL_NOTE)
    if many:
        notes.append(f"AUC has no interval for more than {MOST_SUBJECTS_FOR_PAIRS:,} subjects.")
    return notes
