"""Weights kept in half precision: half of the file, and the same scores.

A network computes in float32 as before. Its weights are first rounded to float16, so that the network that
was checked and the one in the file are the same to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST_NUMBERS = 1024
"""Smaller tensors stay as they are: biases, thresholds, the lines of a rule."""


def round_weights(module: Any) -> None:
    """Round the large parameters of a torch module to what float16 can hold, in place.

    A parameter with a number too large for float16 stays as it is.
    """
    import torch

    with torch.no_grad():
        for weights in module.parameters():
            if weights.numel() >= LEAST_NUMBERS and weights.dtype == torch.float32:
                rounded = weights.half().float()
                if torch.isfinite(rounded).all():
                    weights.copy_(rounded)


def halved(model: bytes) -> bytes:
    """Return an ONNX model whose large weights are stored as float16 where that loses nothing.

    A Cast behind each makes it float32 again, which ONNX Runtime does once, when it loads the model.
    """
    proto = onnx.load_model_from_string(model)
    graph = proto.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < LEAST_NUMBERS:
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    whole: bytes = proto.SerializeToString()
    return whole
