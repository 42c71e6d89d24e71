"""The median over time, and the better of two models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import OptionError
from trainers.pose_dependent.filtering import median_filtered
from trainers.pose_dependent.mixing import dependent_is_better, mixed
from trainers.pose_dependent.published import published_per_au

NAN = np.nan


def column(values) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def one_recording(make_corpus, n: int, **columns):
    return make_corpus(
        n,
        ("AU12",),
        sequence=np.array(["S0/1"] * n),
        subject=np.array(["S0"] * n),
        **columns,
    )


def test_lone_spikes_go_and_ends_repeat(make_corpus) -> None:
    corpus = one_recording(make_corpus, 6)
    filtered = median_filtered(column([3, 1, 5, 1, 2, 0]), corpus)
    assert filtered[:, 0].tolist() == [3, 3, 1, 2, 1, 0]


def test_rows_may_come_in_any_order(make_corpus) -> None:
    corpus = one_recording(make_corpus, 6)
    order = np.array([4, 0, 5, 2, 1, 3])
    values = column([3, 1, 5, 1, 2, 0])
    filtered = median_filtered(values[order], corpus.select(order))
    assert np.array_equal(filtered, median_filtered(values, corpus)[order])


def test_recordings_views_gaps_and_missing_rows_do_not_mix(make_corpus) -> None:
    values = column([0, 5, 0, 5, 0, 5, NAN, 5, 5])
    apart = {
        "sequence": {"sequence": np.array(["a"] * 3 + ["b"] * 3 + ["c"] * 3)},
        "view": {"view": np.array(["1"] * 3 + ["2"] * 3 + ["3"] * 3), "sequence": np.array(["a"] * 9)},
        "gap": {"frame": np.array([1, 2, 3, 9, 10, 11, 19, 20, 21]), "sequence": np.array(["a"] * 9)},
    }
    for what, columns in apart.items():
        corpus = make_corpus(9, ("AU12",), subject=np.array(["S"] * 9), **columns)
        filtered = median_filtered(values, corpus)[:, 0]
        assert np.array_equal(filtered, [0, 0, 0, 5, 5, 5, NAN, 5, 5], equal_nan=True), what


def test_a_row_without_an_estimate_parts_a_recording(make_corpus) -> None:
    filtered = median_filtered(column([0, 5, 0, NAN, 4, 5, 0, 5]), one_recording(make_corpus, 8))
    assert np.array_equal(filtered[:, 0], [0, 0, 0, NAN, 4, 4, 5, 5], equal_nan=True)


def test_frames_taken_sparsely_but_evenly_are_one_recording(make_corpus) -> None:
    corpus = one_recording(make_corpus, 4, frame=np.array([1, 6, 11, 16]))
    assert median_filtered(column([0, 5, 0, 0]), corpus)[:, 0].tolist() == [0, 0, 0, 0]


def test_even_windows_are_refused(make_corpus) -> None:
    with pytest.raises(OptionError, match="median window 2: must be odd"):
        median_filtered(column([0, 1]), one_recording(make_corpus, 2), 2)


@given(st.lists(st.floats(0, 5, width=32), min_size=1, max_size=20), st.sampled_from([1, 3, 5]))
def test_medians_are_values_of_the_neighbourhood(make_corpus, values, window) -> None:
    filtered = median_filtered(column(values), one_recording(make_corpus, len(values)), window)[:, 0]
    for k, value in enumerate(filtered.tolist()):
        near = column(values)[max(0, k - window // 2) : k + window // 2 + 1, 0].tolist()
        assert value in near


def test_the_mixed_model_takes_each_aus_better() -> None:
    better = dependent_is_better(np.array([0.5, 0.5, 0.5, NAN, NAN]), np.array([0.6, 0.4, 0.5, 0.1, NAN]))
    assert better.tolist() == [True, False, False, True, False]
    merged = mixed(np.zeros((2, 5)), np.ones((2, 5)), better)
    assert merged.tolist() == [[1, 0, 0, 1, 0]] * 2


def test_the_papers_mixed_model_reaches_its_validation_icc() -> None:
    """Section IV.B: "resulting in an overall ICC value of 0.610 on the validation partition"."""
    invariant, dependent = (
        np.array([*published_per_au(model, "validation", "ICC").values()][:-1])
        for model in ("pose-invariant", "pose-dependent")
    )
    best = np.where(dependent_is_better(invariant, dependent), dependent, invariant)
    assert best.mean() == pytest.approx(0.610, abs=0.0005)
