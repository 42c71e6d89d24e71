"""Figures per view or pose (Zhou et al. Tables II, III and V), and how far the views agree (Fig. 2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainers.corpora.viewpoints import Viewpoints, viewpoints
from trainers.metrics import Metric, by_group, f1, icc, mean_off_diagonal, rmse, view_agreement
from trainers.reports.comparison import Comparison, PerAu, listed
from trainers.reports.content import Cell, Plot, Section, Table
from trainers.reports.plots import SHARE, maps, means_with_points


def per_view_section(comparison: Comparison) -> Section | None:
    """Return the section, None if the corpus shows faces from one side only, or nothing can be compared."""
    groups = viewpoints(comparison.corpus)
    if groups is None:
        return None
    blocks: list[Table | Plot] = []
    figures: dict[str, Any] = {}
    for metric, pairs in (
        (f1, comparison.decisions),
        (icc, comparison.intensity),
        (rmse, comparison.intensity),
    ):
        if pairs is not None:
            made, figures[metric.name] = _metric_per_view(comparison, groups, metric, pairs)
            blocks += made
    agreement = _agreement(comparison, groups)
    if agreement is not None:
        blocks += agreement[0]
        figures["agreement between views"] = agreement[1]
    if not blocks:
        return None
    title = "Views" if groups.kind == "view" else "Poses"
    return Section("per_view", title, tuple(blocks), {"kind": groups.kind, **figures})


def _metric_per_view(
    comparison: Comparison, groups: Viewpoints, metric: Metric, pairs: PerAu
) -> tuple[list[Table | Plot], dict[str, Any]]:
    """Return the AU x view table and the plot of a metric, and its figures by view."""
    aus, labels, values = pairs
    known = pairs.rows
    there = groups.name != ""
    by_view = by_group(metric, labels[there], values[there], groups.name[there])
    per_view = np.stack([by_view[name] for name in groups.order], axis=1)  # (A, V)
    means = {name: comparison.figures(metric, labels, values, groups.name == name) for name in groups.order}
    everything = comparison.figures(metric, labels, values)
    frames = [int((known & (groups.name == name)).sum()) for name in groups.order]
    mean_row: tuple[Cell, ...] = (
        "mean", *(means[name].mean.value for name in groups.order), everything.mean.value
    )  # fmt: skip
    caption = comparison.caption(listed(aus), known)
    table = Table(
        title=f"{metric.name} per {groups.kind}",
        caption=caption,
        head=(groups.kind, *groups.order, "VI"),
        rows=tuple(
            (au, *map(float, per_view[k]), everything.each[k].value) for k, au in enumerate(aus)
        ),
        summary=(mean_row, ("frames", *frames, int(known.sum()))),
        notes=(
            f"{groups.explanation} VI: all rows together (view-independent). –: undefined in that "
            f"{groups.kind}; the mean is over the AUs that have a figure there.",
        ),
    )  # fmt: skip
    blocks: list[Table | Plot] = [table]
    if metric is not rmse:
        short = metric.name.partition("(")[0]
        blocks.append(
            Plot(
                name=f"{short.lower()}_per_{groups.kind}",
                title=f"{short} per {groups.kind}",
                caption=caption,
                text=f"Bars: mean {short} per {groups.kind} with 95 % interval; dots: single AUs.",
                png=means_with_points(
                    groups.order, [means[name].mean for name in groups.order], per_view, short
                ),
            )
        )
    json = {name: means[name].as_json(aus) for name in groups.order} | {"VI": everything.as_json(aus)}
    return blocks, json


def _agreement(
    comparison: Comparison, groups: Viewpoints
) -> tuple[list[Table | Plot], dict[str, Any]] | None:
    """Return the ICC between views of the same frames; None unless the corpus shows moments from several."""
    corpus, predicted = comparison.corpus, comparison.predictions.intensity
    if groups.kind != "view" or predicted is None or not corpus.aus:
        return None
    there = groups.name != ""
    agreement = view_agreement(
        predicted[there], corpus.sequence[there], corpus.frame[there], groups.name[there]
    )
    order = [agreement.views.index(name) for name in groups.order]
    frames = agreement.frames[np.ix_(order, order)]
    between = agreement.icc[:, order][:, :, order]
    apart = ~np.eye(len(order), dtype=np.bool_)
    if not frames[apart].any():
        return None
    known = ~np.isnan(between)
    count = known.sum(axis=0)
    mean = np.where(count > 0, np.where(known, between, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    caption = comparison.caption(listed(corpus.aus), there & comparison.predictions.found)
    table = Table(
        title="ICC between views, mean over AUs",
        caption=caption,
        head=("view", *groups.order),
        rows=tuple((name, *map(float, mean[k])) for k, name in enumerate(groups.order)),
        notes=(
            "How far the intensities agree that the model gives the same frames seen from two views. No "
            f"labels enter. Two views share up to {int(frames[apart].max()):,} frames.",
        ),
        decimals=2,
        matrix=True,
    )
    plot = Plot(
        name="agreement_between_views",
        title="ICC between views",
        caption=caption,
        text="ICC of the model's intensities between each two views, mean over AUs.",
        png=maps(
            {"mean over AUs": mean}, groups.order, groups.order,
            scale=(0.0, 1.0), colours=SHARE, label="ICC(3,1)", axis_names=("view", "view"),
        ),
    )  # fmt: skip
    matrices = {au: between[k] for k, au in enumerate(corpus.aus)}
    figures = {"views": groups.order, "mean": mean_off_diagonal(mean), **matrices}
    return [table, plot], figures | {"frames": frames}
