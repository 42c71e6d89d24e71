"""A small bundle that looks at crops, and faces for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engines.bundle import Bundle
from engines.bundle_writing import write_bundle
from trainers.compiling.int8_bundle import Pictures
from trainers.corpora.images import ArrayImages
from trainers.evaluation import Tracked, predict
from trainers.training.onnx_model import onnx_bytes

FIELDS = {
    "name": "small",
    "version": "1.0.0",
    "description": "for tests",
    "licence": "Apache-2.0",
    "aus": ["AU01", "AU12"],
    "inputs": {
        "crop": {
            "kind": "crop",
            "size": [16, 16],
            "colour": "grey",
            "mean": [0.5],
            "std": [0.5],
            "anchors": [[33, 133], [362, 263], [61, 291]],
            "template": [[0.32, 0.38], [0.68, 0.38], [0.5, 0.78]],
        }
    },
    "pose_groups": [
        {
            "name": "any",
            "model": "head.onnx",
            "outputs": {"au_intensity": "intensity", "au_occurrence": "there"},
        }
    ],
    "metrics": [{"name": "ICC", "value": 0.5, "protocol": "none"}],
}


class Network(nn.Module):
    """Two convolutions and a product."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU()
        )
        self.product = nn.Linear(16 * 5 * 5, 2)

    def forward(self, crop: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        said = self.product(self.convolutions(crop).flatten(1))
        return torch.clamp(2.5 + 8 * said, 0, 5), torch.sigmoid(8 * said)


@pytest.fixture(scope="package")
def make_bundle(tmp_path_factory):
    torch.manual_seed(1)
    network = Network().eval()
    model = onnx_bytes(network, {"crop": torch.zeros(2, 1, 16, 16)}, ["intensity", "there"], "head.onnx")

    def make(**changes) -> Bundle:
        folder = tmp_path_factory.mktemp("bundles") / "small"
        files = {"head.onnx": model, "card.md": b"what it was trained on"}
        return Bundle.open(write_bundle(folder, {**FIELDS, **changes}, files))

    return make


@pytest.fixture(scope="package")
def faces(make_corpus, make_bundle) -> Pictures:
    """160 blotchy faces, one of them not found, labelled with what the network says of them."""
    rng = np.random.default_rng(0)
    blotches = rng.integers(0, 256, (160, 8, 8, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    tracked = Tracked.nothing(160, "0" * 64)
    tracked.found[:] = True
    tracked.landmarks[:] = rng.uniform(16, 48, (478, 3))
    tracked.landmarks[:, [33, 133]] = [16, 24, 0]
    tracked.landmarks[:, [362, 263]] = [48, 24, 0]
    tracked.landmarks[:, [61, 291]] = [32, 52, 0]
    tracked.blendshapes[:] = 0.0
    tracked.pose[:] = 0.0
    tracked.found[5] = False
    corpus = make_corpus(160, images=ArrayImages(blotches))
    said = predict(make_bundle(), corpus, tracked)
    labels = {
        "intensity": np.nan_to_num(said.intensity),
        "occurrence": (np.nan_to_num(said.occurrence) > 0.5) * 1.0,
    }
    return Pictures(make_corpus(160, images=ArrayImages(blotches), **labels), tracked)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "int8"
