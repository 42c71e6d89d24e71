"""What tests of several parts of the trainers build on."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.corpora.corpus import Corpus
from trainers.corpora.images import ArrayImages


@pytest.fixture(scope="session")
def make_corpus():
    def make(n: int, aus=("AU01", "AU12"), **columns) -> Corpus:
        """n rows of two subjects, nothing labelled but what is given."""
        name = columns.pop("name", "hand-made")
        nothing = np.full((n, len(aus)), np.nan, np.float32)
        subject = np.array([f"S{k % 2}" for k in range(n)])
        blank = {
            "aus": aus,
            "images": ArrayImages(np.zeros((n, 2, 2, 3), np.uint8)),
            "subject": subject,
            "sequence": np.char.add(subject, "/1"),
            "frame": np.arange(1, n + 1),
            "intensity": nothing,
            "occurrence": nothing,
        }
        return Corpus(name, **{**blank, **columns})

    return make
