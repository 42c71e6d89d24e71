"""What generators make: how it grew with the iterations, and beside what it was made of (Fig. 5)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainers.cycle_attention.cycle_options import TO_AUXILIARY
from trainers.cycle_attention.results import SeedResults
from trainers.cycle_attention.systems import CYCLE
from trainers.reports.content import Plot, Section
from trainers.reports.plots import lines

LOOKS = 6
"""Iterations that are shown, evenly over all looks."""
FACES = 6
COLUMNS = 3
"""Of a sheet that a run keeps: a picture, the same restyled, and brought back (`cycle_task.sheet`)."""


def pictures_section(first: SeedResults) -> Section:
    """Return the section of one seed's generators."""
    curves = Plot(
        name="cycle_error",
        title="Cycle error while training (equation 6)",
        caption=f"Training pictures, seed {first.trained.seed}.",
        text="A line for each system, over the iterations.",
        png=lines(first.cycle_errors, "iterations", "cycle error"),
    )
    plots = [curves]
    for system, run in first.trained.cycles.items():
        sheets = sorted(run.loaded.folder.pictures.glob(f"{TO_AUXILIARY}-*.png"))
        if not sheets:
            continue
        name = "cycle" if system == CYCLE else "generated"
        shown = [sheets[k] for k in np.unique(np.linspace(0, len(sheets) - 1, LOOKS).astype(int))]
        iterations = ", ".join(str(int(path.stem.rpartition("-")[2])) for path in shown)
        plots += [
            Plot(
                name=f"grown_{name}",
                title=f"Restyled by {system} in the course of training (Fig. 5a)",
                caption=f"After {iterations} iterations, from left to right; seed {first.trained.seed}.",
                text="A row for each face, restyled ever better from left to right.",
                png=_png(np.concatenate([_column(path, 1) for path in shown], axis=1)),
            ),
            Plot(
                name=f"restyled_{name}",
                title=f"Restyled by {system} (Fig. 5b)",
                caption=f"Faces of the source, restyled, and brought back; seed {first.trained.seed}.",
                text="Rows of three pictures: a studio face, the same restyled, and brought back.",
                png=_png(np.concatenate([_column(sheets[-1], k) for k in range(COLUMNS)], axis=1)),
            ),
        ]
    return Section("pictures", "Restyled pictures", tuple(plots))


def _column(sheet: Path, place: int) -> NDArray[np.uint8]:
    """Return one column of a sheet, its first faces."""
    pixels: NDArray[np.uint8] = np.asarray(Image.open(sheet))
    side = pixels.shape[1] // COLUMNS
    return pixels[: FACES * side, place * side : (place + 1) * side]


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Return the file, each pixel twice as wide and high: 64 pixels are small on a page."""
    buffer = io.BytesIO()
    Image.fromarray(pixels.repeat(2, axis=0).repeat(2, axis=1)).save(buffer, "PNG")
    return buffer.getvalue()
