"""What stands in a batch where an array would: rows that are written where a network on a GPU reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engines.cuda.driver import Cuda


class RowsOnGpu(NamedTuple):
    """Rows of an input that the caller writes on the GPU; they stand in a batch where an array would.

    Attributes:
        rows: how many.
        write: called with (cuda, first row, how many, address) for each part of the batch: begins writing
            these rows, densely, to the address, in the order of `cuda`'s stream.
    """

    rows: int
    write: Callable[[Cuda, int, int, int], None]

    def __len__(self) -> int:
        return self.rows
