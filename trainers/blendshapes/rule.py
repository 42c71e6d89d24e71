"""The rule as a torch module: the very arithmetic of `graph`, done by torch, for networks that heed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from realtime.tracking.blendshapes import BLENDSHAPES
from trainers.blendshapes.graph import write_head


class BlendshapeRule(nn.Module):
    """Blendshapes, resting blendshapes and head pose of n faces -> what the default model says of them.

    Args:
        leakage: of one pose group, as `graph.head_model`.
    """

    def __init__(self, leakage: NDArray[np.floating]) -> None:
        super().__init__()
        self._leakage = leakage
        face = torch.zeros(1, len(BLENDSHAPES))
        self(face, face, torch.zeros(1, 3))  # so that all constants are there before the module moves

    def forward(self, blendshapes: Tensor, neutral: Tensor, pose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return occurrence, intensity (both n, 19) and expression (n, 7)."""
        with torch.autocast(blendshapes.device.type, enabled=False):
            values = _Values(self, blendshapes=blendshapes, neutral=neutral, pose=pose)
            write_head(values, self._leakage)
        return values.named["au_occurrence"], values.named["au_intensity"], values.named["expression"]


class _Values:
    """Carries ONNX' operators out as they are taken down."""

    def __init__(self, module: nn.Module, **inputs: Tensor) -> None:
        self.named = {name: value.to(torch.float32) for name, value in inputs.items()}
        self._module = module

    def constant(self, name: str, value: ArrayLike, dtype: type[np.generic] = np.float32) -> Any:
        if dtype is np.int64:  # axes and columns: the shape of the arithmetic, not its numbers
            return np.array(value).tolist()
        if not hasattr(self._module, name):
            made = torch.from_numpy(np.array(value, dtype))
            self._module.register_buffer(name, made, persistent=False)
        return getattr(self._module, name)

    def add(self, operator: str, *inputs: Any, output: str = "", **attributes: Any) -> Tensor:
        operands = [self.named[each] if isinstance(each, str) else each for each in inputs]
        result = OPERATORS[operator](*operands, **attributes)
        if output:
            self.named[output] = result
        return result

    def unit(self, value: Any) -> Tensor:
        operand = self.named[value] if isinstance(value, str) else value
        return operand.clamp(0.0, 1.0)


OPERATORS: dict[str, Callable[..., Tensor]] = {
    "Add": torch.add,
    "Concat": lambda *values, axis: torch.cat(values, dim=axis),
    "Div": torch.div,
    "Exp": torch.exp,
    "Gather": lambda value, columns, axis: torch.stack([value.select(axis, k) for k in columns], dim=axis),
    "Greater": torch.gt,
    "Log": torch.log,
    "MatMul": torch.matmul,
    # Not torch.maximum and torch.minimum: one after the other, torch's exporter makes a broken graph of them.
    "Max": lambda one, other: torch.where(one > other, one, other),
    "Min": lambda one, other: torch.where(one < other, one, other),
    "Mul": torch.mul,
    "Neg": torch.neg,
    "ReduceMax": lambda value, axes, keepdims: value.amax(dim=axes, keepdim=bool(keepdims)),
    "ReduceMin": lambda value, axes, keepdims: value.amin(dim=axes, keepdim=bool(keepdims)),
    "ReduceSum": lambda value, axes, keepdims: value.sum(dim=axes, keepdim=bool(keepdims)),
    "Sigmoid": torch.sigmoid,
    "Softmax": lambda value, axis: torch.softmax(value, dim=axis),
    "Sub": torch.sub,
    "Where": torch.where,
}
"""ONNX operator -> what does it, for those that `graph` uses."""
