"""Networks in eight bits: close to the floats, small tables untouched, nothing printed."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from engines.onnxruntime_engine import OnnxRuntimeEngine
from trainers.compiling.half_weights import halved, round_weights
from trainers.compiling.int8 import quantised
from trainers.training.onnx_model import onnx_bytes


class Small(nn.Module):
    """Two convolutions, a large and a small product."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, stride=2), nn.ReLU()
        )
        self.large = nn.Linear(16 * 7 * 7, 96)
        self.small = nn.Linear(96, 4)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.sigmoid(self.small(torch.relu(self.large(self.convolutions(x).flatten(1))))),)


@pytest.fixture(scope="module")
def model() -> bytes:
    torch.manual_seed(0)
    module = Small().eval()
    round_weights(module)
    return halved(onnx_bytes(module, {"crop": torch.zeros(2, 1, 16, 16)}, ["y"], "net"))


def rows(count: int, seed: int = 0) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [{"crop": rng.normal(size=(1, 1, 16, 16)).astype(np.float32)} for _ in range(count)]


def test_scores_stay_close(model: bytes, capfd) -> None:
    small = quantised(model, rows(64))
    assert capfd.readouterr().out == ""
    assert len(small) < len(model)
    kinds = [node.op_type for node in onnx.load_model_from_string(small).graph.node]
    assert kinds.count("Conv") == 2 and "QuantizeLinear" in kinds
    x = np.concatenate([row["crop"] for row in rows(50, seed=1)])
    with OnnxRuntimeEngine(model, "a") as a, OnnxRuntimeEngine(small, "b") as b:
        plain, eight = a.infer({"crop": x})["y"], b.infer({"crop": x})["y"]
        np.testing.assert_array_equal(eight[:1], b.infer({"crop": x[:1]})["y"])  # whatever the batch
    assert 0 < np.abs(plain - eight).max() < 0.03
    assert np.ptp(plain) > 0.05


def test_small_tables_stay_floats(model: bytes) -> None:
    graph = onnx.load_model_from_string(quantised(model, rows(32))).graph
    eight = [tensor.name for tensor in graph.initializer if tensor.name.endswith("_quantized")]
    assert len(eight) == 2 + 2  # weights and biases of the larger convolution and product
    large = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert large["network.small.weight"] == onnx.TensorProto.FLOAT


def test_the_same_rows_give_the_same_file(model: bytes) -> None:
    assert quantised(model, rows(32)) == quantised(model, rows(32))
