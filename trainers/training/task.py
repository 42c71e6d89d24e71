"""A task: what one method adds to the training loop that all share (after timm's TrainingTask).

A method whose networks learn together gives `losses`. One whose networks learn against each other gives
`optimisers` and `steps` instead: a list of (optimiser, losses) for each iteration, run in turn on one batch.

    class Smile(Task):
        class Options(TaskOptions, frozen=True, kw_only=True):
            hidden: int = 64

        def make_networks(self):
            return {"head": nn.Linear(52, len(self.facts.aus))}

        def losses(self, batch):
            return {"au": squared_error(self.networks["head"](batch.inputs["blendshapes"]), batch.intensity)}

        def predict(self, batch):
            return {"au_intensity": self.networks["head"](batch.inputs["blendshapes"]).clamp(0, 5)}
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.training.batch import Batch
from trainers.training.errors import TrainingError
from trainers.training.facts import Facts
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples
from trainers.training.scoring import standard_figures

if TYPE_CHECKING:
    from collections.abc import Iterable

Losses = dict[str, Tensor]
"""Name -> scalar. Names are the keys of `weights` and of the log, and differ between steps."""


class TaskOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of `[task]` besides `name`; each task has a subclass with its own."""


ALL = "all"
"""The optimiser of a task that has one."""


class ParameterGroup(NamedTuple):
    """Weights that an optimiser treats alike.

    Attributes:
        parameters: those that need no gradient are left out.
        lr_factor: times the recipe's learning rate.
        decay: whether weight decay applies.
    """

    parameters: Iterable[nn.Parameter]
    lr_factor: float = 1.0
    decay: bool = True


class Step(NamedTuple):
    """One update of one optimiser's weights; all other weights are constants meanwhile.

    Attributes:
        optimiser: name of it.
        losses: of a batch; their weighted sum is descended.
        times: how often in a row, with what `losses` gives each time.
    """

    optimiser: str
    losses: Callable[[Batch], Losses]
    times: int = 1


@dataclass(frozen=True)
class ExportedNetwork:
    """A network as a bundle holds it.

    Attributes:
        module: its forward takes one (N, ...) float32 tensor for each of `Facts.inputs`, in their order,
            pictures normalised, and returns a tuple of tensors.
        outputs: a name for each of these.
    """

    module: nn.Module
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Exported:
    """What a task gives to a bundle (docs/bundles.md).

    Attributes:
        networks: file name ("head.onnx") -> network.
        pose_groups: the manifest's tables.
        aus, expressions: names of the output columns.
        thresholds: AU -> probability from which it counts as present, for those that are not 0.5.
        files: file name -> content of what else belongs to the bundle.
    """

    networks: Mapping[str, ExportedNetwork]
    pose_groups: Sequence[Mapping[str, Any]]
    aus: tuple[str, ...]
    expressions: tuple[str, ...] = ()
    thresholds: Mapping[str, float] | None = None
    files: Mapping[str, bytes] | None = None


class Tupled(nn.Module):
    """A network whose one output comes as a tuple, as bundles hold it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor]:
        """Take what the network takes."""
        return (self.network(*inputs),)


def for_every_pose(
    module: nn.Module, outputs: tuple[str, ...], aus: tuple[str, ...], expressions: tuple[str, ...] = ()
) -> Exported:
    """Return one network that serves every pose; its outputs are named as what they give."""
    return Exported(
        networks={"head.onnx": ExportedNetwork(module, outputs)},
        pose_groups=[{"name": "any", "model": "head.onnx", "outputs": {name: name for name in outputs}}],
        aus=aus,
        expressions=expressions,
    )


class Task(ABC):
    """One method, for the data of one run.

    Attributes:
        Options: struct of the task's keys in a recipe.
        options: those of this run.
        facts: of the data.
        data: the recipe's `[data]`.
        networks: name -> network, on the device that trains. They keep their names in checkpoints.
    """

    Options: ClassVar[type[TaskOptions]] = TaskOptions

    def __init__(self, options: TaskOptions, facts: Facts, data: DataRecipe) -> None:
        """Build the networks, with random weights from torch's generator."""
        self.options: Any = options
        self.facts = facts
        self.data = data
        self.networks: dict[str, nn.Module] = self.make_networks()

    # ------------------------------------------------------------------ what every task says

    @abstractmethod
    def make_networks(self) -> dict[str, nn.Module]:
        """Return new networks, from `options` and `facts` alone. Pretrained weights are `pretrain`'s."""

    @abstractmethod
    def predict(self, batch: Batch) -> dict[str, Tensor]:
        """Return what the networks say of each face.

        Known to `score` and to reports: "au_occurrence" (B, A) 0-1, "au_intensity" (B, A) 0-5, "expression"
        (B, 7) probabilities in the order of `EXPRESSIONS`, "pose_group" (B, G) scores. Others may be added.
        """

    # ------------------------------------------------------------------ how it learns

    def losses(self, batch: Batch) -> Losses:
        """Return the losses of a task with one optimiser; also its losses on validation rows."""
        raise NotImplementedError(f"{type(self).__name__} gives neither losses nor steps")

    def steps(self, iteration: int) -> Sequence[Step]:
        """Return the updates of one iteration, in order, such as Algorithm 1 of Wang et al. turn by turn.

        Args:
            iteration: from 0.
        """
        return [Step(ALL, self.losses)]

    def weights(self, iteration: int) -> Mapping[str, float]:
        """Return how much each loss weighs in its step's sum; 1 where it is not named, 0 to log it only."""
        return {}

    def optimisers(self) -> Mapping[str, Sequence[ParameterGroup]]:
        """Return which weights each optimiser updates."""
        return {ALL: [ParameterGroup(p for network in self.networks.values() for p in network.parameters())]}

    def draw(self, samples: Samples, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the positions of one epoch in the order they are trained on, as many in every epoch.

        Batches are cut from it one after the other. Two domains side by side: interleave their rows.
        """
        return rng.permutation(samples.epoch)

    def train_mode(self) -> None:
        """Put the networks into training mode; override to keep frozen batch normalisation as it is."""
        for network in self.networks.values():
            network.train()

    def eval_mode(self) -> None:
        """Put the networks into evaluation mode."""
        for network in self.networks.values():
            network.eval()

    # ------------------------------------------------------------------ before, between and after

    def pretrain(self) -> list[str]:
        """Fetch weights to start from, once, before a new run; return what to tell the user of them."""
        return []

    def prepare(self, train: Samples) -> None:  # noqa: B027
        """Look at the training rows before the first batch, and again when a run is resumed."""

    def validation_losses(self, batch: Batch) -> Losses:
        """Return losses of validation rows; by default `losses`, if the task has them."""
        return {} if type(self).losses is Task.losses else self.losses(batch)

    def score(self, samples: Samples, predicted: Mapping[str, NDArray[np.float32]]) -> dict[str, float]:
        """Return figures of merit by name; "icc" is a mean, "icc/AU12" one AU's. NaN where undefined."""
        return standard_figures(samples, predicted)

    def pictures(self, examples: Batch) -> Mapping[str, NDArray[np.uint8]]:
        """Return (H, W, 3) pictures to keep at each look at the validation rows, by name."""
        return {}

    def finish(self, train: Samples) -> None:  # noqa: B027
        """Do what follows training, with the best weights, such as fitting a classifier on features.

        What it finds must be in buffers of the networks, whose shapes `make_networks` knows.
        """

    # ------------------------------------------------------------------ what it leaves

    def extra_state(self) -> dict[str, Tensor]:
        """Return what an exact resume needs besides networks and optimisers, such as an image pool."""
        return {}

    def load_extra_state(self, state: Mapping[str, Tensor]) -> None:  # noqa: B027
        """Take back what `extra_state` returned."""

    def export(self) -> Exported:
        """Return the networks of a bundle, in evaluation mode, on the CPU.

        Raises:
            TrainingError: this task gives none.
        """
        raise TrainingError(f"{type(self).__name__} gives no bundle: its networks are not for the runtime")
