"""Random label masking takes the share it says, from where it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.errors import ProtocolError
from trainers.protocols import mask_labels

RATE = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0])


@settings(max_examples=30, deadline=None)
@given(rate=RATE, seed=st.integers(0, 2**32 - 1), some=st.booleans())
def test_each_au_loses_its_share_of_the_rows_asked_for(corpus, rate, seed, some) -> None:
    data = corpus([20, 30, 10])
    data.intensity[:5] = np.nan  # occurrence alone is a label too
    rows = np.flatnonzero(data.subject != "S01") if some else None
    masked = mask_labels(data, rate, seed=seed, rows=rows)
    eligible = np.isin(np.arange(len(data)), rows if some else np.arange(len(data)))
    had = ~np.isnan(data.occurrence)
    has = ~np.isnan(masked.occurrence)
    lost = had & ~has
    assert not (has & ~had).any()
    assert not lost[~eligible].any()
    assert lost.sum(axis=0).tolist() == [round(rate * k) for k in had[eligible].sum(axis=0)]
    assert np.array_equal(masked.occurrence[has], data.occurrence[has])
    expected = np.where(lost, np.nan, data.intensity)
    assert np.array_equal(masked.intensity, expected, equal_nan=True)
    assert masked.intensity.dtype == masked.occurrence.dtype == np.float32
    assert masked.images is data.images


@settings(max_examples=20, deadline=None)
@given(rate=RATE, seed=st.integers(0, 2**32 - 1))
def test_whole_frames(corpus, rate, seed) -> None:
    data = corpus([20, 30, 10])
    masked = mask_labels(data, rate, seed=seed, whole_frames=True)
    had = ~np.isnan(data.occurrence)
    lost = had & np.isnan(masked.occurrence)
    assert lost.any(axis=1).sum() == round(rate * had.any(axis=1).sum())
    assert np.array_equal(lost[lost.any(axis=1)], had[lost.any(axis=1)])


def test_the_seed_decides(corpus) -> None:
    data = corpus([50, 50])
    first, again, other = (mask_labels(data, 0.3, seed=seed).occurrence for seed in (1, 1, 2))
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)


@pytest.mark.parametrize("rate", [-0.1, 1.5, np.nan])
def test_other_rates_are_refused(corpus, rate) -> None:
    with pytest.raises(ProtocolError, match=f"label masking: rate {rate:g} must be 0 to 1"):
        mask_labels(corpus([5]), rate, seed=0)


@pytest.mark.parametrize("row", [5, -1])
def test_rows_outside_are_refused(corpus, row) -> None:
    with pytest.raises(ProtocolError, match="not in corpus open of 5 rows"):
        mask_labels(corpus([5]), 0.5, seed=0, rows=np.array([0, row]))
