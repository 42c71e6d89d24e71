"""`curves.png`: losses and figures over the iterations of a run."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from trainers.reports.plots import BLUE, ORANGE
from trainers.training.metrics_log import Line

COLUMNS = 3
DPI = 110
PARTS = {"train": BLUE, "validation": ORANGE}


def draw_curves(lines: Sequence[Line], path: Path, best: int | None = None) -> None:
    """Draw one panel per loss and per mean figure, training in blue, validation in orange.

    Args:
        lines: of `metrics.jsonl`.
        path: the PNG to write.
        best: iteration of the best weights, marked in each panel.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    panels = _panels(lines)
    if not panels:
        return
    rows, columns = math.ceil(len(panels) / COLUMNS), min(COLUMNS, len(panels))
    width, height = 3.2 * columns, 2.2 * rows + 0.3
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    # Placed by hand: matplotlib's own layouts draw everything twice, and this is drawn often.
    figure.subplots_adjust(
        left=0.5 / width,
        right=1 - 0.1 / width,
        bottom=0.3 / height,
        top=1 - 0.6 / height,
        wspace=0.22,
        hspace=0.4,
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (name, curves) in zip(grid, panels.items(), strict=False):
        for part, points in curves.items():
            axes.plot(*zip(*points, strict=True), color=PARTS[part], linewidth=1.3)
        if best is not None:
            axes.axvline(best, color="#999999", linewidth=0.8, linestyle=":")
        axes.set_title(name, fontsize=9, pad=3)
        axes.tick_params(labelsize=7)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    for k, (part, colour) in enumerate(PARTS.items()):
        figure.text((0.5 + k) / width, 1 - 0.2 / height, part, color=colour, fontsize=9)
    mark = "" if best is None else ", dotted: best weights"
    note = f"over iterations{mark}"
    figure.text(1 - 0.1 / width, 1 - 0.2 / height, note, color="#777777", fontsize=8, ha="right")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    path.write_bytes(buffer.getvalue())


def _panels(lines: Sequence[Line]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Name -> part -> points. Losses have a panel each, figures only their means over AUs."""
    panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for line in lines:
        for part in ("train", "validation"):
            for name, value in line.get(part, {}).items():
                if ("/" not in name or name.startswith("loss/")) and math.isfinite(value):
                    panels.setdefault(name, {}).setdefault(part, []).append((line["iteration"], value))
    return panels
