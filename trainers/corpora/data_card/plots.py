"""The plots of a data card: base rates, co-occurrence, poses."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from realtime.facs import AU_NAMES
from trainers.corpora.corpus import Corpus
from trainers.corpora.data_card.counts import LEVELS, count_aus
from trainers.corpora.data_card.figures import png_figure
from trainers.metrics.co_occurrence import phi

# From weak to strong, told apart in grey as well.
LEVEL_COLOURS = ("#c6dbef", "#9ecae1", "#6baed6", "#3182bd", "#08519c")
# Phi coefficients are printed where they are at least this far from 0.
TELLING = 0.1


def plot_base_rates(path: Path, corpus: Corpus) -> None:
    """Bars: the share of pictures that show each AU, stacked by its level."""
    counts = count_aus(corpus)
    shares = 100 * counts.levels / np.maximum(counts.labelled, 1)[:, None]
    labels = [f"{au} {AU_NAMES.get(au, '')}" for au in corpus.aus]
    with png_figure(path, 8.0, 1.2 + 0.26 * len(labels)) as figure:
        axes = figure.subplots()
        left = np.zeros(len(labels))
        for level in LEVELS[1:]:
            colour = LEVEL_COLOURS[level - 1]
            axes.barh(
                labels, shares[:, level], left=left, color=colour, label=f"{level} ({'ABCDE'[level - 1]})"
            )
            left += shares[:, level]
        axes.invert_yaxis()
        axes.set_xlim(0, 1.05 * max(left.max(initial=0.0), 1.0))
        axes.set_xlabel("% of labelled pictures with intensity 1 or more")
        axes.legend(title="intensity", fontsize="small", title_fontsize="small")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(f"{corpus.name}: how often each Action Unit occurs")


def plot_co_occurrence(path: Path, corpus: Corpus) -> None:
    """Heat map of the Phi coefficients of all pairs of AUs."""
    coefficients = phi(corpus.occurrence.astype(np.float64))
    np.fill_diagonal(coefficients, np.nan)
    n = len(corpus.aus)
    with png_figure(path, 2.0 + 0.36 * n, 1.2 + 0.36 * n) as figure:
        axes = figure.subplots()
        image = axes.imshow(coefficients, cmap="RdBu_r", vmin=-1, vmax=1)
        axes.set_xticks(range(n), corpus.aus, rotation=90)
        axes.set_yticks(range(n), corpus.aus)
        for (row, column), value in np.ndenumerate(coefficients):
            if abs(value) >= TELLING:  # never of NaN
                colour = "white" if abs(value) > 0.6 else "black"
                text = f"{value:.1f}".replace("0.", ".")
                axes.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
        figure.colorbar(image, ax=axes, shrink=0.7, label="Phi coefficient of occurrence")
        axes.set_title(f"{corpus.name}: which Action Units occur together")


def plot_poses(path: Path, corpus: Corpus) -> None:
    """Scatter of yaw and pitch, one colour per domain; the plane is the image as the camera sees it."""
    with png_figure(path, 7.0, 5.0) as figure:
        axes = figure.subplots()
        for domain in np.unique(corpus.domain):
            pose = corpus.pose[corpus.domain == domain]
            axes.scatter(pose[:, 0], pose[:, 1], s=6, alpha=0.4, linewidths=0, label=domain or "pictures")
        # Yaw above 0 turns the face to the left of the image, pitch above 0 down.
        axes.invert_xaxis()
        axes.invert_yaxis()
        axes.set_xlabel("yaw in degrees (left in the plot: turned to the image's left)")
        axes.set_ylabel("pitch in degrees (low in the plot: turned down)")
        axes.grid(alpha=0.3)
        axes.set_aspect("equal")
        axes.legend(fontsize="small")
        axes.set_title(f"{corpus.name}: head poses")
