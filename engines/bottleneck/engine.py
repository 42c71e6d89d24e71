"""Networks of bottleneck blocks behind the engine's contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.engine import Batch, Engine, TensorSpec
from engines.tflite_model import read_tflite

if TYPE_CHECKING:
    from engines.bottleneck.network import BottleneckNetwork


class BottleneckEngine(Engine):
    """A .tflite network made of bottleneck blocks, on the CPU: one thread, row by row.

    It gives LiteRT's numbers but for rounding (MediaPipe's face mesh: landmarks within 0.001 pixel).

    The first `load` on a machine compiles for some seconds; the code is kept for the next. It may be loaded
    in one thread and run in another.
    """

    def __init__(self, model: bytes, name: str) -> None:
        """`model` is the whole .tflite file; `name` is for messages."""
        super().__init__(name)
        self._model = model
        self._network: BottleneckNetwork | None = None

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        """Load and compile. Raises NotBottlenecks for a network of another kind."""
        from engines.bottleneck.network import BottleneckNetwork
        from engines.bottleneck.reading import COLOURS, find_blocks

        found = find_blocks(read_tflite(self._model, self.name), self.name)
        self._model = b""
        self._network = BottleneckNetwork(found)
        side = 2 * found.side
        self._network(np.zeros((1, side, side, COLOURS), np.float32))  # compiles
        picture = TensorSpec(found.input_name, np.dtype(np.float32), (None, side, side, COLOURS))
        return (picture,), tuple(
            TensorSpec(output.name, np.dtype(np.float32), (None, *output.shape)) for output in found.outputs
        )

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        assert self._network is not None
        (pictures,) = batch.values()
        results = self._network(np.ascontiguousarray(pictures))
        return {name: results[name] for name in outputs}

    def _close_impl(self) -> None:
        self._model, self._network = b"", None
