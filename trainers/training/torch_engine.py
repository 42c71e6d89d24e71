"""A torch network behind the contract of everything that runs one, so that all who score faces can use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engines.engine import Batch, Engine, TensorSpec
from engines.errors import EngineError

_FLOAT32 = np.dtype(np.float32)


class TorchEngine(Engine):
    """Runs a network where it is, on the CPU, without gradients."""

    def __init__(
        self, network: nn.Module, inputs: Mapping[str, Sequence[int]], outputs: Sequence[str], name: str
    ) -> None:
        """Take a network in evaluation mode; nothing runs yet.

        Args:
            network: its forward takes the inputs in their order, (N, ...) float32 each, and returns a tuple
                of tensors (N, ...).
            inputs: name -> shape of one row.
            outputs: a name for each tensor returned.
            name: what runs here, for messages.
        """
        super().__init__(name)
        self._network = network
        self._rows = {each: tuple(shape) for each, shape in inputs.items()}
        self._said = tuple(outputs)

    def _load_impl(self) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        # Torch does not know what a network returns before it has run once.
        blank = {name: np.zeros((2, *row), _FLOAT32) for name, row in self._rows.items()}
        inputs = tuple(TensorSpec(name, _FLOAT32, (None, *row)) for name, row in self._rows.items())
        outputs = tuple(
            TensorSpec(name, scores.dtype, (None, *scores.shape[1:]))
            for name, scores in self._run(blank).items()
        )
        return inputs, outputs

    def _infer_impl(self, batch: Batch, outputs: Sequence[str]) -> dict[str, NDArray[Any]]:
        scores = self._run(batch)
        return {name: scores[name] for name in outputs}

    def _close_impl(self) -> None:
        """Nothing was taken: the network belongs to whoever gave it."""

    def _run(self, batch: Batch) -> dict[str, NDArray[Any]]:
        # Copies both ways: the caller's arrays are only read, and what returns may be a view of another.
        arguments = [torch.tensor(batch[name]) for name in self._rows]
        try:
            with torch.inference_mode():
                said: Sequence[Tensor] = self._network(*arguments)
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise EngineError(f"{self.name}: torch cannot run it ({reason[:300]})") from error
        return {name: scores.numpy().copy() for name, scores in zip(self._said, said, strict=True)}
