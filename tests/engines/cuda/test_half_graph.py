"""Half precision where the work is, float32 where digits are."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.cuda.half_graph import half_graph
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.assembly import open_bundle
from realtime.tracking.native.task_file import read_task_file

F = TensorProto.FLOAT


def network(scale: float = 1.0) -> bytes:
    """x -> convolution, ReLU, convolution, ReLU -> flattened, product, exponential."""
    rng = np.random.default_rng(0)
    shapes = {"k1": (8, 1, 3, 3), "k2": (8, 8, 3, 3), "w": (8 * 16, 40)}
    weights = {name: (rng.normal(size=shape) * 0.2).astype(np.float32) for name, shape in shapes.items()}
    weights["k1"] *= scale
    weights["k2"] /= scale
    weights["bias"] = rng.normal(size=40).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "k1"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "k2"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("Flatten", ["d"], ["e"]),
        helper.make_node("Gemm", ["e", "w", "bias"], ["f"]),
        helper.make_node("Sigmoid", ["f"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("x", F, ["N", 1, 4, 4])],
        [helper.make_tensor_value_info("y", F, ["N", 40])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()


def inputs(rows: int = 4) -> dict[str, np.ndarray]:
    return {"x": np.random.default_rng(1).normal(size=(rows, 1, 4, 4)).astype(np.float32)}


def typed(model: bytes) -> dict[str, int]:
    """Value -> element type."""
    graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(model), strict_mode=True).graph
    return {v.name: v.type.tensor_type.elem_type for v in (*graph.value_info, *graph.input, *graph.output)}


def test_convolutions_compute_in_half_and_the_rest_does_not() -> None:
    model = half_graph(network(), "head", [inputs()])
    onnx.checker.check_model(onnx.load_model_from_string(model), full_check=True)
    types = typed(model)
    assert types["a.half"] == types["b.half"] == types["c.half"] == types["d.half"] == TensorProto.FLOAT16
    assert types["x"] == types["e"] == types["f"] == types["y"] == F  # the last product feeds the output
    casts = [node for node in onnx.load_model_from_string(model).graph.node if node.op_type == "Cast"]
    assert len(casts) == 2  # one before the first, one behind the last: none in between
    with OnnxRuntimeEngine(network(), "a") as a, OnnxRuntimeEngine(model, "b") as b:
        np.testing.assert_allclose(b.infer(inputs())["y"], a.infer(inputs())["y"], atol=2e-3)


def test_what_would_overflow_stays_in_float32() -> None:
    loud = network(scale=1e5)
    assert typed(half_graph(loud, "head", ()))["a.half"] == TensorProto.FLOAT16  # nobody has looked
    assert typed(half_graph(loud, "head"))["a"] == F  # noise is enough to see it
    types = typed(half_graph(loud, "head", [inputs()]))
    assert types["a"] == types["b"] == F
    assert types["c.half"] == TensorProto.FLOAT16


def test_a_rule_on_blendshapes_is_left_alone() -> None:
    """Half precision would flush cheekSquint, about 1e-5, to zero."""
    with open_bundle("blendshapes", models=False) as bundle:
        for model in bundle.models:
            content = bundle.model_bytes(model)
            assert not [t for t in typed(half_graph(content, model)).values() if t == TensorProto.FLOAT16]


def test_the_default_bundle_keeps_its_rule_in_float32() -> None:
    with open_bundle(models=False) as bundle:
        content = bundle.model_bytes("head.onnx")
        rng = np.random.default_rng(0)
        rows = {
            name: rng.random((2, *bundle.manifest.input_row(name)), dtype=np.float32)
            for name in bundle.manifest.inputs
        }
    model = half_graph(content, "head", [rows])
    graph = onnx.load_model_from_string(model).graph
    types = typed(model)
    half = [node.op_type for node in graph.node if types.get(node.output[0]) == TensorProto.FLOAT16]
    assert half.count("Conv") == 15
    assert not {"Exp", "Log", "Softmax", "Div"} & set(half)
    with OnnxRuntimeEngine(content, "a") as a, OnnxRuntimeEngine(model, "b") as b:
        plain, other = a.infer(rows), b.infer(rows)
    assert max(float(np.abs(plain[name] - other[name]).max()) for name in plain) < 0.02


@pytest.mark.parametrize("part", ["detector", "mesh", "blendshapes"])
def test_face_networks_keep_their_outputs_in_float32(part: str, face_model_path) -> None:
    content = tflite_to_onnx(getattr(read_task_file(face_model_path), part), part)
    model = half_graph(content, part)
    onnx.checker.check_model(onnx.load_model_from_string(model), full_check=True)
    graph, types = onnx.load_model_from_string(model).graph, typed(model)
    assert sum(kind == TensorProto.FLOAT16 for kind in types.values()) > 20
    makers = {value: node for node in graph.node for value in node.output}
    for output in graph.output:
        value = output.name
        while makers[value].op_type not in ("Conv", "MatMul", "Gemm"):
            value = next(each for each in makers[value].input if each in makers)
        assert types[value] == F, f"{output.name} comes from {value}"
