"""Networks in eight-bit integers: a third of the time on processors that multiply them by fours.

Static quantisation by ONNX Runtime (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html):
weights per channel, signed; activations per tensor, unsigned, in the range that they take on real inputs.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from engines.heavy_nodes import heavy_nodes

Row = Mapping[str, NDArray[np.float32]]

LEAST_KERNEL = 1 << 10
"""Convolutions with smaller kernels, such as a first one of one channel, are quicker and better as floats."""
PERCENTILE = 99.999
"""Share of activations inside the range. The few beyond it, clipped, cost less than a coarser grid for all:
of the default bundle's ICC half as much is lost so as with the whole range."""


def quantised(model: bytes, rows: Sequence[Row]) -> bytes:
    """Return the ONNX model with convolutions and large products in eight bits, the rest as it was.

    Args:
        model: float32, weights inside.
        rows: input name -> (1, ...), some hundred of real inputs: they set the ranges.
    """
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(prefix="livefacs-") as scratch, _quiet():
        source, prepared, target = (str(Path(scratch) / f"{name}.onnx") for name in ("a", "b", "c"))
        Path(source).write_bytes(model)
        quant_pre_process(
            source, prepared, skip_symbolic_shape=True
        )  # folds constants, so weights are weights
        quantize_static(
            prepared,
            target,
            _Reader(rows),
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=_heavy_nodes(onnx.load(prepared)),
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Relu", "Add"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": PERCENTILE},
        )
        return Path(target).read_bytes()


def _heavy_nodes(model: onnx.ModelProto) -> list[str]:
    heavy = heavy_nodes(model.graph, joins=("Add", "Relu"), least_kernel=LEAST_KERNEL)
    return [node.name for node in heavy]


class _Reader:
    """Hands out the rows one by one, as ONNX Runtime wants them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = iter(rows)

    def get_next(self) -> dict[str, Any] | None:
        row = next(self._rows, None)
        return None if row is None else dict(row)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantiser's reports and advice to itself: what it advises is done."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        root.setLevel(before)
