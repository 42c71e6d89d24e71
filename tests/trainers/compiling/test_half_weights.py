"""Weights in half precision: half of the file, the same scores."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from torch import nn

from engines.onnxruntime_engine import OnnxRuntimeEngine
from trainers.compiling.half_weights import halved, round_weights
from trainers.training.onnx_model import onnx_bytes


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)).eval()


def exported(module: nn.Module) -> bytes:
    return onnx_bytes(module, {"x": torch.zeros(2, 64)}, ["y"], "net")


def scores(model: bytes, x: np.ndarray) -> np.ndarray:
    with OnnxRuntimeEngine(model, "net") as engine:
        return engine.infer({"x": x})["y"]


def test_a_rounded_network_loses_nothing_in_its_file() -> None:
    module = network()
    small = module[2].bias.clone()
    round_weights(module)
    assert torch.equal(module[2].bias, small)  # too small to matter
    model = exported(module)
    half = halved(model)
    assert len(half) < 0.65 * len(model)
    onnx.checker.check_model(onnx.load_model_from_string(half))
    x = np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32)
    np.testing.assert_array_equal(scores(half, x), scores(model, x))


def test_weights_that_half_precision_would_change_stay() -> None:
    model = exported(network())
    assert halved(model) == onnx.load_model_from_string(model).SerializeToString()


def test_numbers_too_large_for_half_precision_are_not_rounded() -> None:
    module = nn.Linear(64, 64)
    with torch.no_grad():
        module.weight[0, 0] = 1e6
    before = module.weight.clone()
    round_weights(module)
    assert torch.equal(module.weight, before)
