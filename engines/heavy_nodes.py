"""Where the work of a network is: its convolutions and large products, and what joins them.

Lower precision is for these. All else costs next to nothing, and may need every digit.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

LARGE_PRODUCT = 1 << 16
"""Weights from which a product is heavy: the lines of a rule are not."""


def heavy_nodes(
    graph: Any, *, joins: Collection[str], least_kernel: int = 1, least_product: int = LARGE_PRODUCT
) -> list[Any]:
    """Return the heavy nodes of an ONNX graph, in its order.

    Args:
        graph: `onnx.GraphProto`, constants folded.
        joins: operators that belong to them where all their inputs that are no constants come from heavy
            nodes.
        least_kernel: least weights of a convolution.
        least_product: least weights of a Gemm or MatMul.
    """
    weights = {tensor.name: int(np.prod(tensor.dims)) for tensor in graph.initializer}
    least = {"Conv": least_kernel, "Gemm": least_product, "MatMul": least_product}
    made: set[str] = set()
    heavy = []
    for node in graph.node:
        if node.op_type in least:
            belongs = (
                max((weights.get(name, 0) for name in node.input[1:2]), default=0) >= least[node.op_type]
            )
        else:
            variable = [name for name in node.input if name and name not in weights]
            belongs = node.op_type in joins and bool(variable) and made.issuperset(variable)
        if belongs:
            made.update(node.output)
            heavy.append(node)
    return heavy
