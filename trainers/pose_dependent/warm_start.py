"""A network of one AU that starts from one of the same kind which has learnt all AUs together.

Stands in for the weights of ImageNet where a trunk has none: what all AUs have in common, and where in a
picture a face is, need not be learnt again for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from trainers.pose_dependent.networks import PoseDependent, PoseInvariant
from trainers.training import checkpoint
from trainers.training.earlier_run import name_of
from trainers.training.errors import TrainingError
from trainers.training.run_folder import RunFolder, read_record


def start_from(network: PoseInvariant | PoseDependent, aus: Sequence[str], folder: Path) -> str:
    """Give a network all weights of a run's network; of the outputs, those of its own AUs.

    Args:
        network: gets the weights.
        aus: of its outputs, in order.
        folder: of a run of the same task on these AUs and perhaps others.

    Returns:
        What it starts from, in words.

    Raises:
        TrainingError: no such run, it lacks an AU, or its network has another shape.
    """
    run = RunFolder(folder)
    record = read_record(run)
    there = record.facts.aus
    missing = [au for au in aus if au not in there]
    if missing:
        raise TrainingError(f"weights {folder}: the run has no {', '.join(missing)}, only {', '.join(there)}")
    rows = [there.index(au) for au in aus]
    tensors, _ = checkpoint.read_tensors(run.best)
    given = checkpoint.network_of(tensors, "network")
    chosen = {name: _own(name, value, network.output_layers, rows) for name, value in given.items()}
    way_out = "start from a run of the same task, backbone and picture size"
    checkpoint.load_network(network, chosen, f"weights {folder}: do not fit", way_out)
    return name_of(run)


def _own(name: str, value: Tensor, output_layers: Sequence[str], rows: Sequence[int]) -> Tensor:
    """Return the rows of the outputs wanted; of other layers all."""
    return value[list(rows)] if name.rpartition(".")[0] in output_layers else value
