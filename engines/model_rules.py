"""Whether an ONNX model is what the manifest says: names, types and sizes, and how it behaves when run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.engine import Engine, TensorSpec
from engines.manifest import Manifest

_FLOAT32 = np.dtype(np.float32)
_RANGES = {"au_occurrence": (0.0, 1.0), "au_intensity": (0.0, 5.0), "expression": (0.0, 1.0)}
_TOLERANCE = 5e-3  # wide enough for weights in half precision


def first_disagreement(manifest: Manifest, model: str, engine: Engine) -> str | None:
    """Return where a loaded model first differs from the manifest, with the way out; None if nowhere.

    Args:
        manifest: of the bundle.
        model: file name in the bundle.
        engine: that file, loaded.
    """
    return next(_disagreements(manifest, model, engine), None)


def first_misbehaviour(manifest: Manifest, model: str, engine: Engine) -> str | None:
    """Run a loaded model on two rows of noise, apart and together, and judges what comes out.

    Finds batch sizes frozen into the graph, rows that influence each other (batch normalisation exported
    in training mode), a forgotten sigmoid or softmax, and scores outside their range.

    Args:
        manifest: of the bundle, which agrees with the model.
        model: file name in the bundle.
        engine: that file, loaded; it belongs to the calling thread afterwards.

    Returns:
        The first fault, with the way out; None if there is none.

    Raises:
        EngineError: the model cannot be run.
    """
    return next(_misbehaviours(manifest, model, engine), None)


def noise(manifest: Manifest, rows: int) -> dict[str, NDArray[np.float32]]:
    """Return rows of numbers from 0 to 1 for every input, the same each time."""
    rng = np.random.default_rng(0)
    return {name: rng.random((rows, *manifest.input_row(name)), dtype=np.float32) for name in manifest.inputs}


def _disagreements(manifest: Manifest, model: str, engine: Engine) -> Iterator[str]:
    for have in engine.inputs:
        if have.name not in manifest.inputs:
            yield f"input {have.name!r} is not in the manifest: declare it as [inputs.{have.name}]"
            return
        want = TensorSpec(have.name, _FLOAT32, (None, *manifest.input_row(have.name)))
        yield from _differences("input", have, want)
    taken = {spec.name for spec in engine.inputs}
    for name in manifest.inputs:
        if name not in taken:
            yield f"takes no input {name!r}: remove [inputs.{name}], or export the model so that it takes it"
    known = {spec.name: spec for spec in engine.outputs}
    for group, kind, name in _served(manifest, model):
        if name not in known:
            yield (
                f"has no output {name!r}, which pose group {group!r} reads as {kind}: "
                f"name one of {', '.join(repr(each) for each in known)}"
            )
            return
        want = TensorSpec(name, _FLOAT32, (None, manifest.columns(kind)))
        yield from _differences("output", known[name], want)


def _differences(what: str, have: TensorSpec, want: TensorSpec) -> Iterator[str]:
    if have.shape[:1] not in ((), (None,)):
        yield (
            f"{what} {have.name!r} has a batch axis fixed at {have.shape[0]}: "
            "export the model with a dynamic batch axis"
        )
    if have != want:
        yield f"has the {what} {have}, the manifest says {want}: export it so, or correct the manifest"


def _misbehaviours(manifest: Manifest, model: str, engine: Engine) -> Iterator[str]:
    batch = noise(manifest, 2)
    together = engine.infer(batch)
    rows = [engine.infer({name: array[row : row + 1] for name, array in batch.items()}) for row in range(2)]
    for _, kind, name in _served(manifest, model):
        scores = together[name]
        if scores.shape != (2, manifest.columns(kind)):
            yield f"output {name!r} has the shape {scores.shape} for two rows: export a dynamic batch axis"
            return
        if not np.isfinite(scores).all():
            yield f"output {name!r} is not finite on noise: check the weights"
            return
        apart = np.concatenate([row[name] for row in rows])
        if np.abs(scores - apart).max() > _TOLERANCE:
            yield f"output {name!r} of a row depends on the other rows: export the model in evaluation mode"
        yield from _out_of_range(kind, name, scores)


def _out_of_range(kind: str, name: str, scores: NDArray[Any]) -> Iterator[str]:
    low, high = _RANGES[kind]
    if scores.min() < low - _TOLERANCE or scores.max() > high + _TOLERANCE:
        yield (
            f"output {name!r} reaches from {scores.min():.3g} to {scores.max():.3g}, {kind} must lie in "
            f"{low:g} to {high:g}: end the graph with the sigmoid, softmax or clip that belongs there"
        )
    if kind == "expression" and np.abs(scores.sum(axis=1) - 1.0).max() > _TOLERANCE:
        yield f"output {name!r} holds probabilities that do not sum to 1: end the graph with a softmax"


def _served(manifest: Manifest, model: str) -> Iterator[tuple[str, str, str]]:
    """Yield (pose group, kind, ONNX output) of everything that is read from this model."""
    for group in manifest.pose_groups:
        if group.model == model:
            for kind, name in group.outputs.offered.items():
                yield group.name, kind, name
