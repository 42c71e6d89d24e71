"""The cheapest assignment, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.optimize import linear_sum_assignment

from realtime.tracking.assignment import cheapest_pairs

costs = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
    elements=st.one_of(st.floats(-5, 5, width=16), st.sampled_from([0.0, 1.0, 1e6])),
)


@given(costs)
def test_no_other_pairs_cost_less(cost: np.ndarray) -> None:
    pairs = cheapest_pairs(cost)
    rows, columns = zip(*pairs, strict=True)
    assert len(pairs) == min(cost.shape)
    assert len(set(rows)) == len(set(columns)) == len(pairs)
    assert list(rows) == sorted(rows)
    least = cost[linear_sum_assignment(cost)].sum()
    assert cost[rows, columns].sum() == pytest.approx(least, abs=1e-6)


def test_a_detour_that_pays() -> None:
    # Each alone would take the first column.
    assert cheapest_pairs(np.array([[1.0, 2.0, 9.0], [1.0, 9.0, 9.0]])) == [(0, 1), (1, 0)]
