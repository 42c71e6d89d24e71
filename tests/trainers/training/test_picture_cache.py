"""Pictures read once for all networks that see them alike."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.errors import CorpusError
from trainers.training.facts import facts_of
from trainers.training.picture_cache import PictureCache
from trainers.training.recipe import DataRecipe
from trainers.training.samples import make_samples
from trainers.training.train import split_of

SHAPE = (1, 8, 8)
CORPUS = np.random.default_rng(0).integers(0, 256, (20, *SHAPE), dtype=np.uint8)


class Read:
    """Rows of the corpus that write down which of them were read."""

    def __init__(self, rows: list[int]) -> None:
        self.rows, self.read = rows, []

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        if self.rows[index] == 13:
            raise CorpusError("row 13: cannot be read")
        self.read.append(self.rows[index])
        return CORPUS[self.rows[index]]


@pytest.fixture
def ask():
    cache = PictureCache()

    def asked(rows: list[int], data: DataRecipe) -> list[int]:
        """Return the rows that were read for these; they are what they should be."""
        pictures, told = Read(rows), []
        given = cache.read(pictures, np.array(rows), len(CORPUS), data, SHAPE, jobs=2, progress=told.append)
        np.testing.assert_array_equal(given, CORPUS[rows])
        assert sum(told) == len(rows)
        given[:] = 0  # is the caller's own
        return sorted(pictures.read)

    return asked


def test_what_was_read_is_not_read_again(ask) -> None:
    data = DataRecipe(size=8, colour="grey")
    assert ask([2, 4, 9], data) == [2, 4, 9]
    assert ask([1, 4, 5, 9], data) == [1, 5]
    assert ask([1, 2], DataRecipe(size=8, colour="grey", batch=7, baseline="subject")) == []
    assert ask([1, 2], DataRecipe(size=8, colour="grey", equalise=True)) == [1, 2]


def test_one_that_fails_leaves_nothing_wrong_behind(ask) -> None:
    data = DataRecipe(size=8, colour="grey")
    with pytest.raises(CorpusError, match="row 13"):
        ask([12, 13], data)
    assert ask([12, 14], data) == [12, 14]


def test_nothing_is_kept_of_a_corpus_larger_than_the_memory(ask) -> None:
    data = DataRecipe(size=8, colour="grey", memory=19 * 64 / (1 << 30))
    assert ask([2, 4], data) == [2, 4]
    assert ask([2, 4], data) == [2, 4]


@pytest.mark.parametrize("change", ["data.picture=whole", "data.picture=crop", "data.baseline=subject"])
def test_samples_are_the_same_with_it(corpus, tracked, recipe, change) -> None:
    made = recipe(change)
    split, cache = split_of(made, corpus), PictureCache()
    facts = facts_of(corpus, split, made.data)
    for rows in (split.validation, split.train, split.validation):
        with_, without = (
            make_samples(corpus, rows, made.data, facts, tracked, cache=each) for each in (cache, None)
        )
        np.testing.assert_array_equal(with_.pictures, without.pictures)
