"""From a run to a bundle that the runtime runs, checked against torch row by row."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engines import write_bundle
from engines.manifest import MEAN_CROP
from engines.onnxruntime_engine import OnnxRuntimeEngine
from trainers.compiling.half_weights import halved, round_weights
from trainers.training import checkpoint
from trainers.training.errors import TrainingError
from trainers.training.fed_networks import fed_inputs, fed_networks, fed_shapes
from trainers.training.loading import LoadedRun, load_run
from trainers.training.onnx_model import onnx_bytes
from trainers.training.pictures import crop_input
from trainers.training.run_folder import RunRecord
from trainers.training.task import Exported

TOLERANCE = 1e-3
"""Most that a score may differ between torch and ONNX Runtime; intensities go up to 5."""
NOISE_ROWS = 32
NAMES = {
    "icc": "ICC(3,1), mean over AUs",
    "pcc": "PCC, mean over AUs",
    "rmse": "RMSE, mean over AUs",
    "mae": "MAE, mean over AUs",
    "f1": "F1, mean over AUs",
    "accuracy": "accuracy, mean over AUs",
    "auc": "AUC, mean over AUs",
    "expression_accuracy": "expression accuracy, mean over classes",
    "pose_group_accuracy": "pose group accuracy",
}
"""Validation figure -> its name in a bundle's metrics."""


@dataclass(frozen=True)
class ExportedBundle:
    """What was written.

    Attributes:
        folder: of the bundle.
        difference: largest absolute difference between torch's scores and ONNX Runtime's.
        faces: how many real faces it was measured on, besides noise.
        bytes: of all networks.
    """

    folder: Path
    difference: float
    faces: int
    bytes: int


def export_bundle(
    run: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    name: str | None = None,
    version: str | None = None,
    description: str | None = None,
    licence: str | None = None,
    resting_share: float | None = None,
) -> ExportedBundle:
    """Write a run's best weights as a bundle.

    Args:
        target: folder of the bundle; must not exist yet, or be empty.
        name, version, description, resting_share: what the recipe's `[bundle]` says if left out.
        licence: of the weights, an SPDX expression; "Apache-2.0" if left out and all corpora are CC0-1.0.

    Raises:
        TrainingError: the run cannot be loaded or exported, or its scores change on the way.
        BundleError: the bundle would be refused, or cannot be written.
    """
    loaded = load_run(run)
    exported = fed_networks(loaded)
    licence = licence or _licence(loaded)
    examples, _ = checkpoint.read_tensors(loaded.folder.examples)
    inputs = _inputs(loaded, examples)
    models: dict[str, bytes] = {}
    difference = 0.0
    for file, network in exported.networks.items():
        round_weights(network.module)
        models[file] = halved(
            onnx_bytes(network.module, {k: v[:2] for k, v in inputs.items()}, network.outputs, file)
        )
        difference = max(difference, _difference(models[file], network.module, inputs, network.outputs, file))
    if not difference <= TOLERANCE:
        raise TrainingError(
            f"run {run}: ONNX Runtime's scores differ from torch's by {difference:g}, more than "
            f"{TOLERANCE:g}: the network has an operation that the two do not do alike"
        )
    faces = len(next(iter(examples.values())))
    fields = _manifest(loaded, exported, faces, difference)
    chosen = {
        "name": name,
        "version": version,
        "description": description,
        "licence": licence,
        "resting_share": resting_share,
    }
    fields |= {key: value for key, value in chosen.items() if value is not None}
    folder = write_bundle(target, fields, {**models, **(exported.files or {})})
    return ExportedBundle(folder, difference, faces, sum(map(len, models.values())))


def _inputs(loaded: LoadedRun, examples: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The examples' rows and as many of noise, as the runtime would feed them."""
    data = loaded.record.recipe.data
    rng = np.random.default_rng(loaded.record.recipe.training.seed)
    inputs: dict[str, Tensor] = {}
    crop = crop_input(data)
    mean, std = (torch.tensor(each).reshape(-1, 1, 1) for each in (crop.mean, crop.std))
    for kind, shape in fed_shapes(loaded.record).items():
        noise = torch.from_numpy(rng.random((NOISE_ROWS, *shape), dtype=np.float32))
        if kind == MEAN_CROP:  # examples are kept as differences: those from a mean of plain grey
            inputs[kind] = (
                torch.cat([torch.full_like(inputs["crop"][:-NOISE_ROWS], 0.5), noise]) - mean
            ) / std
            continue
        real = examples[kind].to(torch.float32)
        if kind == "crop":
            pixels = real / 255.0
            if data.baseline == "subject":
                pixels = 2.0 * pixels - 0.5
            inputs[kind] = (torch.cat([pixels, noise]) - mean) / std
        else:
            inputs[kind] = torch.cat([real, noise])
    return inputs


def _difference(
    model: bytes, module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], name: str
) -> float:
    with torch.no_grad():
        expected = module(*inputs.values())
    arrays: dict[str, NDArray[Any]] = {kind: values.numpy() for kind, values in inputs.items()}
    with OnnxRuntimeEngine(model, name) as engine:
        got = engine.infer(arrays, outputs)
    pairs = zip(expected, (got[output] for output in outputs), strict=True)
    return max(float(np.abs(torch_score.numpy() - score).max()) for torch_score, score in pairs)


def _licence(loaded: LoadedRun) -> str:
    restricted = [corpus.name for corpus in loaded.record.origin.corpora if corpus.licence != "CC0-1.0"]
    if restricted:
        raise TrainingError(
            f"run {loaded.folder}: was trained on {', '.join(restricted)}, whose terms bind what is made of "
            "it: say under which licence the weights may be passed on, --licence, such as "
            "LicenseRef-research-only"
        )
    return "Apache-2.0"


def _manifest(loaded: LoadedRun, exported: Exported, faces: int, difference: float) -> dict[str, Any]:
    record = loaded.record
    recipe = record.recipe
    protocol = f"validation rows: {record.origin.split}"
    figures = [
        {"name": NAMES[name], "value": value, "protocol": protocol}
        for name, value in loaded.figures.items()
        if name in NAMES and value is not None
    ]
    check = f"largest absolute difference over {faces} real faces and {NOISE_ROWS} of noise, every score"
    return {
        "name": recipe.bundle.name or recipe.name.replace("/", "-").lower(),
        "version": recipe.bundle.version,
        "description": recipe.bundle.description or f"recipe {recipe.name} of LiveFACS",
        "aus": list(exported.aus),
        "expressions": list(exported.expressions),
        "thresholds": dict(exported.thresholds or {}),
        "resting_share": recipe.bundle.resting_share,
        "inputs": msgspec.to_builtins(fed_inputs(record)),
        "pose_groups": [dict(group) for group in exported.pose_groups],
        "training": _training(record),
        "metrics": [*figures, {"name": "ONNX Runtime against torch", "value": difference, "protocol": check}],
    }


def _training(record: RunRecord) -> dict[str, str]:
    corpora = [
        f"{corpus.name} (corpus.toml {corpus.manifest[:12]})" if corpus.manifest else corpus.name
        for corpus in record.origin.corpora
    ]
    return {
        "corpus": ", ".join(corpora),
        "recipe": record.origin.command or f"recipe {record.recipe.name}",
        "date": record.environment.date,
    }
