"""The kinds of plots that reports have, as PNG bytes. No pyplot: nothing is shared between two of them."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.reports.content import UNDEFINED, Measured

BLUE, ORANGE, INK, GRID = "#2a6fb0", "#d9822b", "#333333", "#e3e6ea"
# Okabe and Ito's colours, told apart also without red or green; then matplotlib's for the rest.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#6a5acd", "#8c6d31", "#555555")
DPI = 150
CORRELATION, SHARE = "RdBu_r", "Blues"


def bars(
    names: Sequence[str],
    series: Mapping[str, Sequence[Measured]],
    label: str,
    *,
    marks: tuple[str, Sequence[float]] | None = None,
    top: float | None = 1.0,
) -> bytes:
    """Bars by name, several series side by side, with intervals; a dash where a figure is undefined.

    Args:
        marks: a name and one value per bar group, drawn as ticks across the bars.
        top: of the scale; None fits it to the bars.
    """
    figure, axes = _figure(max(4.5, 0.42 * len(names) * max(1, 0.6 * len(series)) + 1.4), 3.1)
    width = 0.74 / len(series)
    at = np.arange(len(names))
    for k, (name, figures) in enumerate(series.items()):
        x = at + (k - (len(series) - 1) / 2) * width
        values = np.array([figure.value for figure in figures])
        axes.bar(x, values, width * 0.94, color=(BLUE, ORANGE)[k % 2], label=name, zorder=2)
        _draw_intervals(axes, x, figures)
        for place in x[np.isnan(values)]:
            axes.annotate(UNDEFINED, (place, 0), (0, 2), textcoords="offset points", ha="center", color=INK)
    if marks is not None:
        axes.scatter(at, marks[1], marker="_", s=160, color="black", label=marks[0], zorder=4)
    axes.set_xticks(at, names)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylabel(label, fontsize=9)
    ends = [end for each in series.values() for f in each for end in (f.value, f.low) if not math.isnan(end)]
    axes.set_ylim(min(0.0, 1.05 * min(ends, default=0.0)), top)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    axes.grid(axis="y", color=GRID, zorder=0)
    if len(series) > 1 or marks is not None:
        axes.legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    return _png(figure)


def means_with_points(
    names: Sequence[str], means: Sequence[Measured], points: NDArray[np.floating], label: str
) -> bytes:
    """Bars of means with intervals, and one dot per AU: `points` is (A, names)."""
    figure, axes = _figure(max(4.5, 0.62 * len(names) + 1.4), 3.1)
    at = np.arange(len(names))
    axes.bar(at, [mean.value for mean in means], 0.7, color=BLUE, zorder=2, label="mean")
    _draw_intervals(axes, at, means)
    # Dots side by side in a fixed order, so that an AU stands at the same place in every group.
    offsets = np.linspace(-0.28, 0.28, len(points)) if len(points) > 1 else np.zeros(1)
    for offset, row in zip(offsets, points, strict=True):
        axes.scatter(at + offset, row, s=9, color=ORANGE, edgecolors="white", linewidths=0.4, zorder=4)
    axes.scatter([], [], s=14, color=ORANGE, label="single AUs, in the table's order")
    axes.set_xticks(at, names, rotation=40 if max(map(len, names)) > 5 else 0)
    axes.set_ylabel(label, fontsize=9)
    known = points[~np.isnan(points)]
    axes.set_ylim(min(0.0, 1.05 * float(known.min(initial=0.0))), 1.0)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    axes.grid(axis="y", color=GRID, zorder=0)
    axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    return _png(figure)


def maps(
    matrices: Mapping[str, NDArray[np.floating]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    scale: tuple[float, float],
    colours: str,
    label: str,
    axis_names: tuple[str, str] = ("", ""),
) -> bytes:
    """Matrices side by side on one colour scale, with their numbers where there is room; NaN stays grey."""
    side = max(2.4, 0.30 * len(rows) + 0.9)
    figure, grid = _figure(
        (max(2.4, 0.30 * len(columns) + 0.9)) * len(matrices) + 1.0, side + 0.4, len(matrices)
    )
    image = None
    for k, (axes, (name, matrix)) in enumerate(zip(grid, matrices.items(), strict=True)):
        axes.set_facecolor("#d9dde1")
        image = axes.imshow(matrix, cmap=colours, vmin=scale[0], vmax=scale[1], aspect="equal")
        axes.set_title(name, fontsize=9)
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=7)
        axes.set_yticks(range(len(rows)), rows if k == 0 else [""] * len(rows), fontsize=7)
        axes.set_xlabel(axis_names[1], fontsize=9)
        axes.set_ylabel(axis_names[0] if k == 0 else "", fontsize=9)
        axes.tick_params(length=0)
        for edge in axes.spines.values():
            edge.set_visible(False)
        if len(rows) <= 13 and len(columns) <= 13:
            _write_numbers(axes, matrix, scale, diverging=colours == CORRELATION)
    scale_bar = figure.colorbar(image, ax=grid, shrink=0.8)
    scale_bar.set_label(label, fontsize=9)
    scale_bar.ax.tick_params(labelsize=8)
    return _png(figure)


def lines(series: Mapping[str, tuple[Sequence[float], Sequence[float]]], across: str, up: str) -> bytes:
    """Lines by name, each its places across and its values up; the legend beside them."""
    figure, axes = _figure(6.4, 3.1)
    for k, (name, (places, values)) in enumerate(series.items()):
        axes.plot(places, values, color=COLOURS[k % len(COLOURS)], linewidth=1.4, label=name, zorder=2)
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.grid(color=GRID, zorder=0)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    return _png(figure)


def scatter(points: NDArray[np.floating], groups: NDArray[np.str_], order: Sequence[str]) -> bytes:
    """Dots in the plane, coloured by group, the legend beside them."""
    figure, axes = _figure(6.4, 4.6)
    for k, name in enumerate(order):
        chosen = points[groups == name]
        colour = COLOURS[k % len(COLOURS)]
        axes.scatter(chosen[:, 0], chosen[:, 1], s=9, color=colour, alpha=0.75, linewidths=0, label=name)
    axes.set_axis_off()
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, markerscale=2)
    return _png(figure)


def _draw_intervals(axes: Any, x: NDArray[np.number], figures: Sequence[Measured]) -> None:
    for place, (_, low, high) in zip(x, figures, strict=True):
        axes.plot([place, place], [low, high], color=INK, linewidth=1, zorder=3)


def _write_numbers(
    axes: Any, matrix: NDArray[np.floating], scale: tuple[float, float], *, diverging: bool
) -> None:
    for (row, column), value in np.ndenumerate(matrix):
        if np.isnan(value):
            continue
        place = (value - scale[0]) / (scale[1] - scale[0])
        dark = abs(place - 0.5) > 0.35 if diverging else place > 0.6
        text = f"{value:.2f}"
        text = f"{value:.1f}" if abs(float(text)) >= 1 else text.replace("0.", ".", 1)
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color="white" if dark else "black")


def _figure(width: float, height: float, columns: int = 0) -> tuple[Any, Any]:
    """Return a figure and its axes: one, or a list of `columns` side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    if columns:
        return figure, list(figure.subplots(1, columns, squeeze=False)[0])
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    # Without metadata the same figures give the same bytes.
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
