"""A network in half precision, where that is safe: what TensorRT takes since it is typed strongly.

TensorRT 11 chooses no precision any more: it computes each operator in the type that the graph says. So the
heavy nodes (`engines.heavy_nodes`) get casts around them. In between stays float32: inputs, outputs, what is
small or sensitive (exponentials, logarithms, sums, blendshapes of 1e-5, which half precision flushes to
zero), and the last heavy node before each output: a landmark at pixel 200 would move in steps of 1/8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.heavy_nodes import heavy_nodes
from engines.onnxruntime_engine import OnnxRuntimeEngine

JOINS = ("Add", "Clip", "MaxPool", "Pad", "PRelu", "Relu")
LEAST_PRODUCT = 1 << 12
"""Weights of the smallest product in half precision: those of a rule on blendshapes are smaller."""
LARGEST = 65504.0 / 2
"""Half of what float16 can hold: a node that goes beyond it on real or random inputs stays float32."""

Batch = Mapping[str, NDArray[Any]]


def half_graph(model: bytes, name: str, batches: Sequence[Batch] | None = None) -> bytes:
    """Return an ONNX model whose heavy nodes compute in float16.

    Args:
        model: float32, weights inside, float16-stored weights allowed.
        name: for messages.
        batches: inputs on which no value may come near the limit of float16; noise if left out.

    Raises:
        EngineError: the `onnx` package is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise EngineError(
            f"{name}: half precision needs the package onnx ({error}): pip install 'livefacs[gpu]'"
        ) from error
    proto = onnx.load_model_from_string(model)
    _unfold_weights(proto.graph)
    heavy = heavy_nodes(proto.graph, joins=JOINS, least_product=LEAST_PRODUCT)
    heavy = [node for node in heavy if not _last_before_output(proto.graph, node, heavy)]
    too_large = _too_large(proto, name, heavy, noise(model, name) if batches is None else batches)
    _cast(proto.graph, [node for node in heavy if not too_large.intersection(node.output)])
    whole: bytes = proto.SerializeToString()
    return whole


def noise(model: bytes, name: str, rows: int = 4) -> list[Batch]:
    """Return two batches for a model: numbers from 0 to 1, and normal ones, as of normalised pictures."""
    rng = np.random.default_rng(0)
    with OnnxRuntimeEngine(model, name) as engine:
        shapes = {spec.name: spec.of_rows(rows) for spec in engine.inputs}
    return [
        {taken: draw(shape).astype(np.float32) for taken, shape in shapes.items()}
        for draw in (rng.random, rng.standard_normal)
    ]


def _unfold_weights(graph: Any) -> None:
    """Make weights that are stored as float16 behind a Cast plain float32 constants."""
    from onnx import TensorProto, numpy_helper

    stored = {tensor.name: tensor for tensor in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Cast" and node.input[0] in stored]:
        tensor = stored[node.input[0]]
        to = next(attribute.i for attribute in node.attribute if attribute.name == "to")
        if tensor.data_type == TensorProto.FLOAT16 and to == TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor).astype(np.float32)
            graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
            graph.initializer.remove(tensor)
            graph.node.remove(node)


def _last_before_output(graph: Any, node: Any, heavy: Sequence[Any]) -> bool:
    """Tell whether a way leads from a node to an output that passes no other heavy node."""
    outputs = {output.name for output in graph.output}
    stops = {id(each) for each in heavy}
    seen, ahead = set(), list(node.output)
    while ahead:
        value = ahead.pop()
        if value in outputs:
            return True
        if value in seen:
            continue
        seen.add(value)
        for follower in graph.node:
            if value in follower.input and id(follower) not in stops:
                ahead += follower.output
    return False


def _too_large(proto: Any, name: str, heavy: Sequence[Any], batches: Sequence[Batch]) -> set[str]:
    """Return the values of heavy nodes that leave the range on some batch."""
    if not batches or not heavy:
        return set()
    import onnx

    watched = onnx.ModelProto()
    watched.CopyFrom(proto)
    values = [value for node in heavy for value in node.output]
    watched.graph.output.extend(onnx.ValueInfoProto(name=value) for value in values)
    largest = dict.fromkeys(values, 0.0)
    with OnnxRuntimeEngine(watched.SerializeToString(), name) as engine:
        for batch in batches:
            for value, made in engine.infer(batch, values).items():
                largest[value] = max(largest[value], float(np.abs(made).max(initial=0.0)))
    return {value for value, top in largest.items() if not top <= LARGEST}


def _cast(graph: Any, heavy: Sequence[Any]) -> None:
    """Let nodes compute in float16: constants converted, casts around, none between two of them."""
    from onnx import TensorProto, helper, numpy_helper

    constants = {tensor.name: tensor for tensor in graph.initializer}
    half_of = {value: f"{value}.half" for node in heavy for value in node.output}
    chosen = {id(node) for node in heavy}
    nodes: list[Any] = []
    for node in graph.node:
        if id(node) not in chosen:
            nodes.append(node)
            continue
        for place, value in enumerate(node.input):
            constant = constants.get(value)
            if not value or (constant is not None and constant.data_type != TensorProto.FLOAT):
                continue  # left out, or a shape
            if value not in half_of:
                half_of[value] = f"{value}.half"
                if constant is not None:
                    values = numpy_helper.to_array(constant).astype(np.float16)
                    graph.initializer.append(numpy_helper.from_array(values, half_of[value]))
                else:
                    nodes.append(helper.make_node("Cast", [value], [half_of[value]], to=TensorProto.FLOAT16))
            node.input[place] = half_of[value]
        made = list(node.output)
        for place, value in enumerate(made):
            node.output[place] = half_of[value]
        nodes.append(node)
        nodes += [helper.make_node("Cast", [half_of[v]], [v], to=TensorProto.FLOAT) for v in made]
    _replace(graph, nodes)


def _replace(graph: Any, nodes: Sequence[Any]) -> None:
    """Put nodes in place of the graph's own; casts and constants that nobody reads are left out."""
    read = {value for node in nodes for value in node.input} | {output.name for output in graph.output}
    kept = [node for node in nodes if node.op_type != "Cast" or read.intersection(node.output)]
    copies = [type(node).FromString(node.SerializeToString()) for node in kept]
    del graph.node[:]
    graph.node.extend(copies)
    unread = [tensor for tensor in graph.initializer if tensor.name not in read]
    for tensor in unread:
        graph.initializer.remove(tensor)
    del graph.value_info[:]
