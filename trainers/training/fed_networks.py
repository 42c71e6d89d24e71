"""A run's networks as the runtime feeds them, and what it is to feed: for the bundle, and beside it."""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import Tensor, nn

from engines.manifest import MEAN_CROP, CropInput, PlainInput
from trainers.training.errors import TrainingError
from trainers.training.loading import LoadedRun
from trainers.training.pictures import crop_input
from trainers.training.preparation import Preparation
from trainers.training.recipe import DataRecipe
from trainers.training.run_folder import RunRecord
from trainers.training.subject_means import FromMean
from trainers.training.task import Exported, ExportedNetwork


def fed_networks(loaded: LoadedRun) -> Exported:
    """Return the task's export, its networks behind what the runtime does not do to a picture.

    Each is in evaluation mode, on the CPU, and takes one (N, ...) float32 tensor for each of `fed_inputs`,
    in their order.

    Raises:
        TrainingError: the runtime cannot feed them, or the task gives none.
    """
    data = loaded.record.recipe.data
    if data.picture == "whole":
        raise TrainingError(
            f"run {loaded.folder}: was trained on whole pictures, the runtime feeds aligned crops: "
            "train it again with --set data.picture=crop"
        )
    exported = loaded.task.export()
    networks = {
        file: ExportedNetwork(_fed(network.module, data).eval(), network.outputs)
        for file, network in exported.networks.items()
    }
    return dataclasses.replace(exported, networks=networks)


def fed_inputs(record: RunRecord) -> dict[str, CropInput | PlainInput]:
    """Return the inputs of a run's networks, as a bundle's manifest declares them."""
    inputs: dict[str, CropInput | PlainInput] = {
        kind: crop_input(record.recipe.data) if kind == "crop" else PlainInput(kind=kind)
        for kind in record.facts.inputs
    }
    if record.recipe.data.baseline == "subject":
        inputs[MEAN_CROP] = PlainInput(kind=MEAN_CROP)
    return inputs


def fed_shapes(record: RunRecord) -> dict[str, tuple[int, ...]]:
    """Return the shape of one row of each of `fed_inputs`."""
    shapes = record.facts.inputs
    return {kind: shapes["crop"] if kind == MEAN_CROP else shapes[kind] for kind in fed_inputs(record)}


class _Prepared(nn.Module):
    """A network behind the preparation of its picture, which is its first input."""

    def __init__(self, preparation: Preparation, network: nn.Module) -> None:
        super().__init__()
        self.preparation = preparation
        self.network = network

    def forward(self, picture: Tensor, *inputs: Tensor) -> Any:
        return self.network(self.preparation(picture), *inputs)


def _fed(network: nn.Module, data: DataRecipe) -> nn.Module:
    """The network as the runtime feeds it: normalised crops, or plain ones where they are equalised first."""
    if data.baseline == "subject":
        return FromMean(network, data)
    return _Prepared(Preparation(data), network) if data.equalise else network
