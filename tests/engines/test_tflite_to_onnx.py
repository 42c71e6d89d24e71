"""MediaPipe's face networks as ONNX, operator by operator against LiteRT."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter

from engines import tflite_to_onnx as conversion
from engines.errors import EngineError
from engines.litert_engine import LiteRtEngine
from engines.onnxruntime_engine import OnnxRuntimeEngine
from engines.tflite_model import read_tflite
from engines.tflite_to_onnx import tflite_to_onnx
from realtime.tracking.native.task_file import TaskFile, read_task_file

PARTS = ("detector", "mesh", "blendshapes")


@pytest.fixture(scope="module")
def parts(face_model_path) -> TaskFile:
    return read_task_file(face_model_path)


def rows(engine: LiteRtEngine, count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    scale = {"serving_default_input_points:0": 200.0}  # landmarks in pixels
    return {
        spec.name: (rng.random((count, *spec.shape[1:])) * scale.get(spec.name, 1.0)).astype(np.float32)
        for spec in engine.inputs
    }


@pytest.mark.parametrize("part", PARTS)
def test_the_network_is_the_same(part: str, parts: TaskFile) -> None:
    model = getattr(parts, part)
    with LiteRtEngine(model, part) as oracle, OnnxRuntimeEngine(tflite_to_onnx(model, part), part) as engine:
        assert engine.inputs == oracle.inputs
        assert engine.outputs == oracle.outputs
        batch = rows(oracle, 3)
        ours, theirs = engine.infer(batch), oracle.infer(batch)
    for name, values in theirs.items():
        spread = max(1.0, float(np.abs(values).max()))
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=5e-5 * spread)


@pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors")
@pytest.mark.parametrize("part", PARTS)
def test_every_operator_is_the_same(part: str, parts: TaskFile) -> None:
    model = getattr(parts, part)
    source = read_tflite(model, part)
    taken = conversion._Conversion(source, part)
    graph = taken.model()
    made = {tensor: value for tensor, value in taken._values.items() if tensor not in source.inputs}
    graph.graph.output.extend(
        onnx.ValueInfoProto(name=name)
        for name in dict.fromkeys(value.name for value in made.values())
        if name not in {output.name for output in graph.graph.output}
    )
    oracle = Interpreter(model_content=model, num_threads=1, experimental_preserve_all_tensors=True)
    oracle.allocate_tensors()
    with LiteRtEngine(model, part) as sizes:
        batch = rows(sizes, 1)
    (name,) = batch
    oracle.set_tensor(oracle.get_input_details()[0]["index"], batch[name])
    oracle.invoke()
    with OnnxRuntimeEngine(graph.SerializeToString(), part) as engine:
        ours = engine.infer(batch)
    compared = 0
    for tensor, value in made.items():
        try:
            expected = oracle.get_tensor(tensor)
        except ValueError:
            continue  # fused into its neighbour
        found = ours[value.name]
        if value.channels_first and found.ndim == 4:
            found = found.transpose(0, 2, 3, 1)
        spread = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            found.reshape(-1), expected.reshape(-1), rtol=0, atol=2e-5 * spread, err_msg=source.names[tensor]
        )
        compared += 1
    assert compared > 0.5 * len(made)


def test_an_operator_that_is_not_known_is_named(parts: TaskFile, monkeypatch) -> None:
    monkeypatch.delitem(conversion._OPERATORS, "PRELU")
    with pytest.raises(EngineError, match="^it: operator PRELU cannot be converted: use --device cpu$"):
        tflite_to_onnx(parts.mesh, "it")


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(EngineError, match=r"^it: is no \.tflite file"):
        tflite_to_onnx(b"PK\x03\x04 and so on", "it")
