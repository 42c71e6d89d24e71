"""Figures as PNG files that are the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.style
from matplotlib.figure import Figure

DPI = 100


@contextmanager
def png_figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Give a figure of so many inches to draw on, and write it to `path` at `DPI`.

    It has matplotlib's own style whatever the user's settings are, and the file says neither when nor by
    which version it was written.
    """
    with matplotlib.style.context("default"):
        figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
        yield figure
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
