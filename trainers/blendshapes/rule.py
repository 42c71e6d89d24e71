"""The rule as a torch module: the very arithmetic of `graph`, done by torch, for networks that heed it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from realtime.tracking.blendshapes import BLENDSHAPES
from trainers.blendshapes.graph import without_leakage, write_rule


class BlendshapeRule(nn.Module):
    """Blendshapes, resting blendshapes and head pose of n faces -> what each pose group's rule says of them.

    Args:
        leakage: of each of the G groups, as `graph.head_model`.
    """

    def __init__(self, leakage: Sequence[NDArray[np.floating]]) -> None:
        super().__init__()
        self._leakage = leakage
        self.groups = nn.ModuleList(nn.Module() for _ in leakage)
        face = torch.zeros(1, len(BLENDSHAPES))
        self(face, face, torch.zeros(1, 3))  # so that all constants are there before the module moves

    def forward(self, blendshapes: Tensor, neutral: Tensor, pose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return occurrence, intensity (both n, G, 19) and expression (n, G, 7)."""
        several = (-1, len(self.groups))
        with torch.autocast(blendshapes.device.type, enabled=False):
            frontal = [
                without_leakage(_Values(group, blendshapes=blendshapes, pose=pose), leakage)
                for group, leakage in zip(self.groups, self._leakage, strict=True)
            ]
            # All groups go through the rule as rows of their own: one pass, whatever their number.
            at_rest = neutral[:, None].expand(*several, -1).flatten(0, 1)
            values = _Values(self, neutral=at_rest)
            write_rule(values, torch.stack(frontal, dim=1).flatten(0, 1))
        kinds = (values.named[name] for name in ("au_occurrence", "au_intensity", "expression"))
        occurrence, intensity, expression = (each.reshape(*several, each.shape[1]) for each in kinds)
        return occurrence, intensity, expression


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
    "Gather": lambda value, columns, axis: torch.cat([value.narrow(axis, k, 1) for k in columns], dim=axis),
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
