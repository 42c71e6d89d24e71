"""Who is who: the cheapest way to give each row of a table a column of its own.

SciPy has it, too (`linear_sum_assignment`, the oracle of the tests). For a handful of faces that is 37 MB of
memory and a third of a second of every start.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cheapest_pairs(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the min(R, C) pairs (row, column), no row or column twice, whose costs have the least sum.

    By shortest augmenting paths (Jonker and Volgenant, "A shortest augmenting path algorithm for dense and
    sparse linear assignment problems", Computing 38, 1987).

    Args:
        cost: (R, C), finite.
    """
    if cost.shape[0] > cost.shape[1]:
        return sorted((row, column) for column, row in cheapest_pairs(cost.T))
    rows, columns = cost.shape
    if rows == 1:  # nearly always, and without NumPy's many small steps a tenth of the time
        return [(0, int(cost[0].argmin()))]
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    row_of = np.full(columns, -1)
    for new in range(rows):
        # Dijkstra's search from the new row to a free column: costs less prices are never negative.
        distance = np.full(columns, np.inf)
        reached_from = np.full(columns, -1)
        done = np.zeros(columns, dtype=bool)
        row, least, last = new, 0.0, -1
        while True:
            onward = least + cost[row] - row_price[row] - column_price
            nearer = ~done & (onward < distance)
            distance[nearer] = onward[nearer]
            reached_from[nearer] = last
            column = int(np.where(done, np.inf, distance).argmin())
            least, last = float(distance[column]), column
            done[column] = True
            if row_of[column] < 0:
                break
            row = int(row_of[column])
        settled = done & (np.arange(columns) != column)
        row_price[new] += least
        row_price[row_of[settled]] += least - distance[settled]
        column_price[settled] -= least - distance[settled]
        while column >= 0:  # hand the columns of the path on, from row to row
            before = int(reached_from[column])
            row_of[column] = new if before < 0 else row_of[before]
            column = before
    return sorted((int(row), column) for column, row in enumerate(row_of) if row >= 0)
