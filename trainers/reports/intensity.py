"""The table and the plot of intensity: ICC, PCC, RMSE and MAE per AU (Zhou et al. Tables I and IV)."""

from __future__ import annotations

import numpy as np

from realtime.facs import AU_NAMES
from trainers.metrics import icc, mae, pcc, rmse
from trainers.reports.comparison import Comparison, listed
from trainers.reports.content import Headline, Plot, Section, Table, Text
from trainers.reports.occurrence import NO_INTERVAL_NOTE
from trainers.reports.plots import bars

UNDEFINED_NOTE = (
    "–: undefined. ICC needs labels that vary, PCC labels and predictions that do, the errors a labelled "
    "frame. The mean is over the AUs that have a figure."
)


def intensity_section(comparison: Comparison) -> Section | None:
    """Return the section, None if no intensity is labelled."""
    title = "Intensity"
    pairs = comparison.intensity
    if pairs is None:
        if np.isnan(comparison.corpus.intensity).all():
            return None
        text = f"The corpus labels intensity, but model {comparison.predictions.model} gives none."
        return Section("intensity", title, (Text(text),))
    aus, labels, predicted = pairs
    figures = {m.name: comparison.figures(m, labels, predicted) for m in (icc, pcc, rmse, mae)}
    frames = pairs.frames
    above = ((labels > 0) & pairs.known).sum(axis=0)
    notes = ["Intensity is 0 (absent) and 1 to 5 (FACS A to E). RMSE and MAE are in these steps."]
    if any(f.undefined for f in figures.values()):
        notes.append(UNDEFINED_NOTE)
    if any(f.without_interval for f in figures.values()):
        notes.append(NO_INTERVAL_NOTE)
    caption = comparison.caption(listed(aus), pairs.rows)
    table = Table(
        title="ICC, PCC, RMSE and MAE per AU",
        caption=caption,
        head=("AU", "name", *figures, "above 0", "frames"),
        rows=tuple(
            (au, AU_NAMES.get(au, ""), *(f.each[k] for f in figures.values()), int(above[k]), int(frames[k]))
            for k, au in enumerate(aus)
        ),
        summary=(("mean", "", *(f.mean for f in figures.values()), "", ""),),
        notes=tuple(notes),
    )
    plot = Plot(
        name="intensity",
        title="ICC and PCC per AU",
        caption=caption,
        text="Bars: ICC(3,1) and Pearson's correlation per AU with 95 % intervals.",
        png=bars(aus, {name: figures[name].each for name in (icc.name, pcc.name)}, "agreement"),
    )
    counts = {"frames": frames, "above 0": above}
    return Section(
        "intensity",
        title,
        (table, plot),
        {name: f.as_json(aus) for name, f in figures.items()}
        | {name: dict(zip(aus, values.tolist(), strict=True)) for name, values in counts.items()},
        tuple(Headline(m.name, figures[m.name].mean, figures[m.name].over) for m in (icc, pcc, rmse)),
    )
