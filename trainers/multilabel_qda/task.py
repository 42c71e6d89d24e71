"""Ghosh et al.'s method as a task: the network learns, then a discriminant of each AU on its top layer."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta
from torch import Tensor, nn

from trainers.multilabel_qda.network import MultiLabelNetwork
from trainers.multilabel_qda.objective import multilabel_softmax_loss, with_neutral_label
from trainers.multilabel_qda.quadratic_discriminant import QuadraticDiscriminants
from trainers.training.batch import Batch
from trainers.training.errors import TrainingError
from trainers.training.facts import Facts, picture_alone
from trainers.training.predicting import predict
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples
from trainers.training.task import Exported, Losses, Task, TaskOptions, Tupled, for_every_pose

SOFTMAX = "softmax"
"""The loss, equation (1)."""

Width = Annotated[int, Meta(ge=1)]
Kernel = Annotated[int, Meta(ge=1, le=15)]
Pool = Annotated[int, Meta(ge=1, le=4)]


class MultiLabelOptions(TaskOptions, frozen=True, kw_only=True):
    """`[task]` of the method.

    Attributes:
        widths, kernels, pools, hidden, dropout: see `MultiLabelNetwork`.
        neutral: a label of its own for faces without any Action Unit (section VI).
    """

    widths: tuple[Width, Width] = (16, 32)
    kernels: tuple[Kernel, Kernel] = (5, 5)
    pools: tuple[Pool, Pool] = (3, 3)
    hidden: Annotated[int, Meta(ge=1)] = 64
    dropout: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.3
    neutral: bool = True


class MultiLabelTask(Task):
    """Occurrence of Action Units by quadratic discriminants on what a multi-label network says."""

    Options = MultiLabelOptions
    options: MultiLabelOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Refuse a recipe whose inputs do not fit."""
        picture_alone(facts, "multilabel-qda")
        super().__init__(options, facts, data)

    @property
    def network(self) -> MultiLabelNetwork:
        """The network."""
        network = self.networks["network"]
        assert isinstance(network, MultiLabelNetwork)
        return network

    @property
    def discriminants(self) -> QuadraticDiscriminants:
        """Those of all AUs."""
        discriminants = self.networks["discriminants"]
        assert isinstance(discriminants, QuadraticDiscriminants)
        return discriminants

    def make_networks(self) -> dict[str, nn.Module]:
        """The network, and discriminants that are fitted when it has learnt."""
        options, aus = self.options, len(self.facts.aus)
        outputs = aus + int(options.neutral)
        network = MultiLabelNetwork(
            channels=self.data.channels,
            size=self.data.size,
            widths=options.widths,
            kernels=options.kernels,
            pools=options.pools,
            hidden=options.hidden,
            outputs=outputs,
            dropout=options.dropout,
        )
        return {"network": network, "discriminants": QuadraticDiscriminants(outputs, aus)}

    def losses(self, batch: Batch) -> Losses:
        """Equation (1)."""
        labels = with_neutral_label(batch.occurrence) if self.options.neutral else batch.occurrence
        return {SOFTMAX: multilabel_softmax_loss(self.network(batch.picture), labels)}

    def finish(self, train: Samples) -> None:
        """Fit the discriminants on the top layer of every training face.

        Raises:
            TrainingError: of some AU the training faces do not show both kinds.
        """
        top = predict(self, train, lambda batch: {"top": self.network(batch.picture)})["top"]
        missed = self.discriminants.fit(top, np.asarray(train.columns["occurrence"]))
        if missed:
            names = ", ".join(self.facts.aus[au] for au in missed)
            raise TrainingError(
                f"task multilabel-qda: the training faces do not show {names} both present and absent: leave "
                "it out of data.aus, or train on more people"
            )

    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Posterior probabilities; while the network still learns, even ones."""
        return {"au_occurrence": self.discriminants(self.network(batch.picture))}

    def export(self) -> Exported:
        """The network with its discriminants, for every pose."""
        network = Tupled(nn.Sequential(self.network, self.discriminants))
        return for_every_pose(network, ("au_occurrence",), self.facts.aus)
