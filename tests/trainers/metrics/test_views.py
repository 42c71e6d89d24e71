"""Figures per view, and the agreement of the same frames between views."""

from __future__ import annotations

import numpy as np
import pytest

from trainers.errors import ProtocolError
from trainers.metrics import by_group, f1, intraclass, rmse, view_agreement


def test_each_group_gets_the_figures_of_its_rows() -> None:
    labels = np.array([[1.0], [2], [3], [4]])
    errors = np.array([[0.0], [0], [1], [3]])
    figures = by_group(rmse, labels, labels + errors, np.array(["5", "5", "1", "1"]))
    assert list(figures) == ["1", "5"]
    assert figures["5"] == 0
    assert figures["1"] == pytest.approx(np.sqrt(5))
    assert np.isnan(by_group(f1, labels * 0, labels * 0, np.array(["a"] * 4))["a"])


@pytest.fixture
def seen():
    """Two sequences of 30 and 20 frames under views 1, 2 and 3, shuffled; view 3 misses the second."""
    rng = np.random.default_rng(4)
    truth = rng.uniform(0, 5, (50, 2))
    sequence = np.repeat(["a", "b"], [30, 20])
    frame = np.concatenate([np.arange(1, 31), np.arange(1, 21)])
    rows = [(view, k) for view in "123" for k in range(50) if view != "3" or k < 30]
    rows = [rows[k] for k in rng.permutation(len(rows))]
    view, k = np.array([v for v, _ in rows]), np.array([k for _, k in rows])
    predictions = truth[k] + rng.normal(0, 1, (len(k), 2)) * (view != "1")[:, None]
    return predictions, sequence[k], frame[k], view


def test_frames_are_matched_by_sequence_and_number(seen) -> None:
    predictions, sequence, frame, view = seen
    agreement = view_agreement(*seen)
    assert agreement.views == ("1", "2", "3")
    assert agreement.frames.tolist() == [[50, 50, 30], [50, 50, 30], [30, 30, 30]]
    by_moment = {(s, f, v): p for s, f, v, p in zip(sequence, frame, view, predictions, strict=True)}
    for i, j in (("1", "2"), ("2", "3"), ("3", "1")):
        shared = [(s, f) for s, f, v in by_moment if v == i and (s, f, j) in by_moment]
        for au in range(2):
            ratings = np.array([[by_moment[(*m, i)][au], by_moment[(*m, j)][au]] for m in shared])
            ours = agreement.icc[au, int(i) - 1, int(j) - 1]
            assert ours == pytest.approx(intraclass(ratings).icc_31, abs=1e-6)
    assert np.allclose(agreement.icc, agreement.icc.transpose(0, 2, 1))
    assert np.allclose(np.diagonal(agreement.icc, axis1=1, axis2=2), 1)


def test_views_that_share_nothing_or_show_nothing_are_nan(seen) -> None:
    predictions, sequence, frame, view = seen
    predictions = predictions.copy()
    predictions[view == "2", 0] = 1.0
    sequence = np.where(view == "3", "c", sequence)
    agreement = view_agreement(predictions, sequence, frame, view)
    assert np.isnan(agreement.icc[0, 1]).all()
    assert np.isnan(agreement.icc[0, :, 1]).all()
    assert np.isnan(agreement.icc[1, 2, :2]).all()
    assert agreement.frames[0, 2] == 0


def test_a_frame_twice_under_one_view_is_refused(seen) -> None:
    predictions, sequence, frame, view = (np.concatenate([column, column[:1]]) for column in seen)
    with pytest.raises(ProtocolError, match=f"frame {frame[0]} of sequence {sequence[0]}.*view {view[0]}"):
        view_agreement(predictions, sequence, frame, view)
