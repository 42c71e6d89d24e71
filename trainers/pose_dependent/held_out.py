"""What trained networks say of the people who were held out: one network per AU and model, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.corpora.corpus import TOP_INTENSITY, Corpus
from trainers.evaluation import Predictions
from trainers.pose_dependent.filtering import WINDOW, median_filtered
from trainers.pose_dependent.networks import PoseEstimates
from trainers.pose_dependent.tasks import PoseDependentTask, PoseInvariantTask
from trainers.protocols import Split
from trainers.training.batch import Batch
from trainers.training.facts import facts_of
from trainers.training.predicting import predict
from trainers.training.recipe import DataRecipe
from trainers.training.samples import Samples, make_samples

INVARIANT, DEPENDENT, MIXED = "pose-invariant", "pose-dependent", "mixed"
"""The paper's three models; also the names of the first two's tasks."""

ESTIMATOR_AU = "AU12"
"""The AU on whose network the paper has its pose estimator (section III.C), which serves all AUs."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """All frames of the people who are not trained on.

    Attributes:
        samples: the n rows.
        partitions: "validation" and "test", as far as the corpus has them -> (n,) mask.
    """

    samples: Samples
    partitions: dict[str, NDArray[np.bool_]]

    @property
    def corpus(self) -> Corpus:
        """The n rows' labels."""
        return self.samples.corpus

    @property
    def group(self) -> NDArray[np.int64]:
        """(n,) labelled pose group, -1 where it is unknown."""
        return self.samples.columns["pose_group"].astype(np.int64)


class PerModel(NamedTuple):
    """The networks of one seed.

    Attributes:
        invariant, dependent: AU -> its network.
    """

    invariant: Mapping[str, PoseInvariantTask]
    dependent: Mapping[str, PoseDependentTask]


class Estimates(NamedTuple):
    """What the networks of one seed say of n rows.

    Attributes:
        intensity: model -> (n, A) float32, 0 to 5, filtered.
        pose: AU of a network with a pose estimator that is used -> (n, 3) logits.
    """

    intensity: dict[str, NDArray[np.float32]]
    pose: dict[str, NDArray[np.float32]]


def estimator_of(au: str, aus: Sequence[str]) -> str:
    """Return the AU whose network tells the pose for this AU: AU12, or its own where AU12 is not trained."""
    return ESTIMATOR_AU if ESTIMATOR_AU in aus else au


def held_out(
    corpus: Corpus,
    split: Split,
    data: DataRecipe,
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
) -> HeldOut:
    """Read the validation and test rows of a split, as the networks see them.

    Args:
        corpus: with the AU columns that are compared.
        progress: called with how many more pictures are read.
    """
    rows = np.sort(np.concatenate([split.validation, split.test]))
    samples = make_samples(
        corpus, rows, data, facts_of(corpus, split, data), None, jobs=jobs, progress=progress
    )
    parts = {"validation": split.validation, "test": split.test}
    return HeldOut(
        samples, {name: np.isin(samples.rows, chosen) for name, chosen in parts.items() if len(chosen)}
    )


def estimate(
    networks: PerModel,
    seen: HeldOut,
    device: torch.device,
    progress: Callable[[int], None] = lambda pictures: None,
) -> Estimates:
    """Return the estimates of both models. All networks see each batch together: pictures are read once.

    The networks stay on the device.
    """
    tasks = [*networks.invariant.values(), *networks.dependent.values()]
    for task in tasks:
        task.network.to(device)

    def compute(batch: Batch) -> dict[str, Tensor]:
        said: dict[str, Tensor] = {}
        for au, invariant in networks.invariant.items():
            said[f"{au} one"] = invariant.network(batch.picture)
        for au, dependent in networks.dependent.items():
            by_group, pose = dependent.estimates(batch)
            said |= {f"{au} by group": by_group, f"{au} pose": pose}
        progress(len(batch))
        return said

    said = {
        name: torch.from_numpy(values) for name, values in predict(tasks[0], seen.samples, compute).items()
    }
    aus = tuple(networks.dependent)
    merged = [
        PoseEstimates(said[f"{au} by group"], said[f"{au} pose"]).of_winner(
            said[f"{estimator_of(au, aus)} pose"]
        )
        for au in aus
    ]
    one = torch.cat([said[f"{au} one"] for au in networks.invariant], dim=1)
    intensity = {
        name: median_filtered((TOP_INTENSITY * values).numpy(), seen.corpus)
        for name, values in ((INVARIANT, one), (DEPENDENT, torch.cat(merged, dim=1)))
    }
    used = dict.fromkeys(estimator_of(au, aus) for au in aus)
    return Estimates(intensity, {au: said[f"{au} pose"].numpy() for au in used})


def as_predictions(model: str, intensity: NDArray[np.float32], aus: tuple[str, ...]) -> Predictions:
    """Return (n, A) intensities as reports take them."""
    return Predictions(
        model=model,
        aus=aus,
        expressions=(),
        occurrence=None,
        intensity=intensity,
        expression=None,
        pose_group=np.full(len(intensity), "all"),
        thresholds=np.full(len(aus), 0.5),
        settings=f"centred median of {WINDOW} frames; one network per AU",
    )
