"""Writes the data card of a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainers.corpora.corpus import Corpus
from trainers.corpora.data_card.plots import plot_base_rates, plot_co_occurrence, plot_poses
from trainers.corpora.data_card.readme import readme
from trainers.corpora.data_card.sample_choice import choose_samples
from trainers.corpora.data_card.sample_sheet import sample_sheet


def write_data_card(folder: Path, corpus: Corpus, about: Mapping[str, Any]) -> None:
    """Write `README.md` and `card/*.png` into a folder; `CorpusWriter` takes this as its `card`.

    Args:
        folder: where to; files of these names are replaced.
        corpus: what the card is about.
        about: what else is known: `licence` (SPDX name), `livefacs` (version that made it), `plan` (the
            arguments it was made with); all may be missing.

    Raises:
        CorpusError: a sample picture cannot be read.
        OSError: the folder cannot be written.
    """
    plots = folder / "card"
    plots.mkdir(exist_ok=True)
    plot_base_rates(plots / "base_rates.png", corpus)
    plot_co_occurrence(plots / "co_occurrence.png", corpus)
    plot_poses(plots / "poses.png", corpus)
    sample_sheet(plots / "samples.png", [corpus], [choose_samples(corpus)])
    (folder / "README.md").write_text(readme(corpus, about), encoding="utf-8", newline="\n")
