"""A run's torch networks in the place of its bundle's ONNX files: what the export is to be measured by."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from engines.bundle import Bundle
from engines.engine import Engine
from engines.manifest import CropInput, Manifest, PlainInput, PoseGroup
from trainers.training.errors import TrainingError
from trainers.training.fed_networks import fed_inputs, fed_networks, fed_shapes
from trainers.training.loading import load_run
from trainers.training.task import Exported
from trainers.training.torch_engine import TorchEngine

Input = CropInput | PlainInput


def run_engines(run: str | os.PathLike[str], bundle: Bundle) -> Callable[[str], Engine]:
    """Return a function from the file name of a network of the bundle to an engine of the run's network.

    The networks hold the run's best weights as they were trained, before an export rounds them.

    Args:
        run: folder of the run that the bundle was exported from.

    Raises:
        TrainingError: it cannot be loaded or exported, or its networks take or give something else than the
            bundle's. Which weights the bundle holds is not asked: that is what comparing them tells.
        RecipeError: its recipe is not one that this program takes.
    """
    loaded = load_run(run)
    exported, inputs = fed_networks(loaded), fed_inputs(loaded.record)
    different = next(_differences(bundle.manifest, exported, inputs), None)
    if different:
        raise TrainingError(
            f"run {loaded.folder}: bundle {bundle.path} is not an export of it: {different}: "
            "name the run that it was exported from"
        )
    shapes = fed_shapes(loaded.record)

    def engine(model: str) -> Engine:
        network = exported.networks[model]
        return TorchEngine(network.module, shapes, network.outputs, f"run {loaded.folder}: {model}")

    return engine


def _differences(manifest: Manifest, exported: Exported, inputs: dict[str, Input]) -> Iterator[str]:
    """What the run's networks have and the manifest has otherwise.

    Pose ranges and thresholds are left out: who changes them in a bundle does not change its networks.
    """
    yield from _unlike("AUs", exported.aus, manifest.aus)
    yield from _unlike("expressions", exported.expressions, manifest.expressions)
    yield from _unlike("inputs", tuple(sorted(inputs)), tuple(sorted(manifest.inputs)))
    for name, ours in inputs.items():
        theirs = msgspec.to_builtins(manifest.inputs[name])
        for key, value in msgspec.to_builtins(ours).items():
            yield from _unlike(f"{key} of input {name!r}", value, theirs.get(key))
    groups = msgspec.convert(list(exported.pose_groups), tuple[PoseGroup, ...])
    yield from _unlike("pose groups", _names(groups), _names(manifest.pose_groups))
    for group, other in zip(groups, manifest.pose_groups, strict=True):
        yield from _unlike(f"network of pose group {group.name!r}", group.model, other.model)
        yield from _unlike(
            f"outputs of pose group {group.name!r}", group.outputs.offered, other.outputs.offered
        )


def _names(groups: tuple[PoseGroup, ...]) -> tuple[str, ...]:
    return tuple(group.name for group in groups)


def _unlike(what: str, run: Any, bundle: Any) -> Iterator[str]:
    if run != bundle:
        yield f"the {what}: {_said(run)} in the run, {_said(bundle)} in the bundle"


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} from {each}" for key, each in value.items())
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return ", ".join(value) or "none"
    return str(value)
