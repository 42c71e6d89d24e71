"""Weights that networks take from a run that was trained before."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from trainers.backbones.weights import fingerprint
from trainers.training import checkpoint
from trainers.training.run_folder import RunFolder


def take_networks(networks: Mapping[str, nn.Module], run: RunFolder, fault: str, way_out: str) -> str:
    """Give networks the weights of the run's of the same names; return `name_of` it.

    Args:
        fault, way_out: begin and end the message if they do not fit.

    Raises:
        TrainingError: no such run, not trained, or other networks.
    """
    tensors, _ = checkpoint.read_tensors(run.best)
    for name, network in networks.items():
        checkpoint.load_network(network, checkpoint.network_of(tensors, name), fault, way_out)
    return name_of(run)


def name_of(run: RunFolder) -> str:
    """Return a run in words, for what is built on it: the end of its path, and its weights' hash."""
    return f"{'/'.join(run.folder.parts[-2:])}, sha256 {fingerprint(run.best)}"
