"""Charts of one face's recording, as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from realtime.facs import AU_NAMES
from realtime.types import TOP_INTENSITY
from trainers.recordings.episodes import FaceScores, co_occurrence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_POINTS = 3000
"""Points of a line; of a longer recording each stands for the highest of its stretch."""
LINE, FILL, DARK = "#1f6feb", "#9cc2ff", "#1b2330"
ROW_IN, WIDE_IN = 0.42, 11.0


def over_time(face: FaceScores) -> str:
    """Return every AU over time: intensity, 0 to 5; of a model without, whether it is present."""
    figure, rows = _rows(len(face.aus))
    for place, (axes, au) in enumerate(zip(rows, face.aus, strict=True)):
        if face.intensity is not None:
            level, top = face.intensity[:, place], TOP_INTENSITY
        else:
            assert face.present is not None
            level, top = face.present[:, place].astype(float), 1.0
        seconds, peaks = thinned(face.seconds, level)
        axes.fill_between(seconds, peaks, color=FILL, linewidth=0)
        axes.plot(seconds, peaks, color=LINE, linewidth=0.9)
        axes.set_ylim(0, top)
        axes.set_yticks([])
        axes.set_ylabel(
            f"{au} {AU_NAMES.get(au, '')}", rotation=0, ha="right", va="center", fontsize=8, color=DARK
        )
    return _finished(figure, rows)


def expressions_over_time(face: FaceScores) -> str:
    """Return the expressions' probabilities over time, stacked."""
    figure, (axes,) = _rows(1, height=2.2)
    curves = [thinned(face.seconds, values, mean=True) for values in face.expression.values()]
    axes.stackplot(curves[0][0], *[values for _, values in curves], labels=list(face.expression), linewidth=0)
    axes.set_ylim(0, 1)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    return _finished(figure, [axes])


def pose_over_time(face: FaceScores) -> str:
    """Return the head's pitch, yaw and roll over time, in degrees."""
    figure, (axes,) = _rows(1, height=2.2)
    for place, angle in enumerate(("pitch", "yaw", "roll")):
        axes.plot(*thinned(face.seconds, face.pose[:, place], mean=True), label=angle, linewidth=0.9)
    axes.axhline(0, color="#d0d6de", linewidth=0.7, zorder=0)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    axes.set_ylabel("degrees", fontsize=8)
    return _finished(figure, [axes])


def together(face: FaceScores) -> str:
    """Return which AUs are present while another is: a matrix of shares."""
    from matplotlib.figure import Figure

    shares = co_occurrence(face)
    side = 1.2 + 0.34 * len(face.aus)
    figure = Figure(figsize=(side + 1.0, side))
    axes = figure.subplots()
    shown = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    axes.set_xticks(range(len(face.aus)), face.aus, rotation=90, fontsize=8)
    axes.set_yticks(range(len(face.aus)), face.aus, fontsize=8)
    axes.set_xlabel("… this one is present as well", fontsize=8)
    axes.set_ylabel("of the frames in which this one is present …", fontsize=8)
    for (row, column), share in np.ndenumerate(shares):
        if row != column and share >= 0.005:
            colour = "white" if share > 0.55 else DARK
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=6.5, color=colour)
    figure.colorbar(shown, ax=axes, shrink=0.7).ax.tick_params(labelsize=8)
    return _svg(figure)


def thinned(
    seconds: NDArray[np.float64],
    values: NDArray[np.float64],
    most: int = MOST_POINTS,
    mean: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most `most` points: of each stretch its first time and its highest, or its mean, value."""
    if len(seconds) <= most:
        return seconds, values
    starts = np.linspace(0, len(seconds), most, endpoint=False).astype(int)
    if mean:
        return seconds[starts], np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))
    return seconds[starts], np.fmax.reduceat(values, starts)


def _rows(count: int, height: float = ROW_IN) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE_IN, 0.5 + height * count))
    rows = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    return figure, list(rows)


def _finished(figure: Figure, rows: Sequence[Any]) -> str:
    for axes in rows:
        axes.tick_params(labelsize=7, length=2)
        axes.margins(x=0)
        for edge in ("top", "right"):
            axes.spines[edge].set_visible(False)
    rows[-1].set_xlabel("seconds", fontsize=8)
    return _svg(figure)


def _svg(figure: Figure) -> str:
    import matplotlib

    text = io.StringIO()
    # The same recording gives the same page, byte for byte.
    with matplotlib.rc_context({"svg.hashsalt": "livefacs", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
