"""A trained classifier that others learn to look like, and weights to go on from: both come from runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from trainers.backbones import PictureClassifier
from trainers.training.earlier_run import take_networks
from trainers.training.errors import TrainingError
from trainers.training.run_folder import RunFolder

CLASSIFIER = "classifier"
"""The network of that name in the runs of this method's tasks."""


class Teacher:
    """A classifier that is held still.

    Args:
        run: folder of a trained run of `expression` or `cycle-attention`.
        size: of the pictures, and the channels that they have; they must be those that it was trained on.

    Raises:
        TrainingError: no such run, not trained, without a classifier, or of other pictures.
    """

    def __init__(self, run: str, size: int, channels: int) -> None:
        from trainers.training.loading import load_run

        loaded = load_run(run)
        network = loaded.task.networks.get(CLASSIFIER)
        if not isinstance(network, PictureClassifier):
            raise TrainingError(f"teacher {run}: has no classifier of expressions: name a run that has one")
        there = loaded.record.recipe.data
        if (there.size, there.channels) != (size, channels):
            raise TrainingError(
                f"teacher {run}: sees pictures of {there.size} px and {there.channels} channels, not "
                f"{size} px and {channels}: train both on pictures alike"
            )
        self._network = network.eval().requires_grad_(False)

    def maps(self, picture: Tensor, layers: Sequence[int]) -> list[Tensor]:
        """Return its feature maps of these groups of layers, without gradients."""
        self._network.to(picture.device)
        with torch.no_grad():
            return self._network.maps(picture, layers)[0]


def start_from(network: PictureClassifier, run: Path) -> str:
    """Give a classifier all weights of a run's; return what it starts from, in words.

    Raises:
        TrainingError: no such run, not trained, or another network.
    """
    way_out = "start from a run of the same backbone and picture size"
    named = take_networks({CLASSIFIER: network}, RunFolder(run), f"weights {run}: do not fit", way_out)
    return f"classifier starts from {named}"
