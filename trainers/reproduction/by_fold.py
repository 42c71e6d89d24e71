"""Networks of several models, trained for each fold of a protocol and tested on who was left out of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainers.evaluation import Predictions
from trainers.protocols import Split, protocol
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import Run, TrainedRun, train_all
from trainers.training.batch import Batch
from trainers.training.devices import make_fabric
from trainers.training.predicting import predict
from trainers.training.recipe_files import read_recipe
from trainers.training.samples import Samples, make_samples
from trainers.training.task import Task

WATCHED = 600
"""Test pictures that learning curves are drawn from."""


@dataclass(frozen=True)
class Model:
    """One of the networks that are compared.

    Attributes:
        name: in tables.
        recipe: of the shipped ones.
        changes: "KEY=VALUE" that make it this one.
        folds: which folds it is trained on, from 1; none for all.
    """

    name: str
    recipe: str
    changes: tuple[str, ...] = ()
    folds: tuple[int, ...] = ()

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return "".join(c if c.isalnum() or c in "-." else "-" for c in self.name.lower())


@dataclass(frozen=True, eq=False)
class Fold:
    """The models of one seed and fold.

    Attributes:
        split: its people.
        trained: model's name -> its network.
    """

    number: int
    split: Split
    trained: Mapping[str, TrainedRun]


def splits_of(models: Sequence[Model], material: Material, request: Request, seed: int) -> list[Split]:
    """Return the folds of the models' protocol, which is the same in all of them."""
    recipe = read_recipe(models[0].recipe, _changes(models[0], request, seed, 1))
    return protocol(recipe.protocol, material.corpus.with_aus(request.aus), seed)


def runs_of(models: Sequence[Model], request: Request, seed: int, fold: int, folds: int) -> list[Run]:
    """Return the networks of one fold."""
    runs = []
    for model in models:
        if model.folds and fold not in model.folds:
            continue
        changes = _changes(model, request, seed, fold)
        of_seed = f", seed {seed}" if len(request.seeds) > 1 else ""
        runs.append(
            Run(
                f"{model.name} (fold {fold} of {folds}{of_seed})",
                read_recipe(model.recipe, changes),
                changes,
                request.runs / f"seed-{seed}" / f"fold-{fold}" / model.folder,
            )
        )
    return runs


def check_models(models: Sequence[Model], request: Request) -> None:
    """Refuse, before the long work, a device that is not there and changes that the recipes do not take.

    Raises:
        LiveFacsError: one line.
    """
    first, *_ = runs_of(models, request, request.seeds[0], 1, 1)
    make_fabric(request.device, 1, first.recipe.training.precision)


def train_folds(
    models: Sequence[Model],
    material: Material,
    request: Request,
    seed: int,
    bars: Bars,
    *,
    watch: bool = False,
) -> list[Fold]:
    """Train what is not trained yet, and return all folds.

    Args:
        watch: look at some pictures of the fold's test people while training, for learning curves. Only for
            recipes that choose no weights by what they see there (`training.metric` is empty).

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: the corpus does not fit, or training fails.
    """
    splits = splits_of(models, material, request, seed)
    folds = []
    for number, split in enumerate(splits, start=1):
        runs = runs_of(models, request, seed, number, len(splits))
        watched = _watched(split, seed) if watch else split
        trained = train_all(runs, material, watched, bars, device=request.device, jobs=request.jobs)
        names = [model.name for model in models if not model.folds or number in model.folds]
        folds.append(Fold(number, split, dict(zip(names, trained, strict=True))))
    return folds


def _watched(split: Split, seed: int) -> Split:
    """Return the split with some of its test rows as validation rows, and none to test."""
    chosen = np.random.default_rng(seed).permutation(split.test)[:WATCHED]
    nothing = np.zeros(0, dtype=np.int64)
    note = f"{len(chosen)} of its test pictures are looked at while it trains, and choose nothing"
    return dataclasses.replace(split, validation=np.sort(chosen), test=nothing, notes=(*split.notes, note))


def rows_seen(
    rows: NDArray[np.int64],
    material: Material,
    run: TrainedRun,
    request: Request,
    bars: Bars,
    what: str,
    *,
    aus: tuple[str, ...] | None = None,
) -> Samples:
    """Read these rows of the corpus as a network sees them.

    Args:
        what: beside the bar.
        aus: labels to read; by default those that the network knows.
    """
    record = run.loaded.record
    corpus = material.corpus.with_aus(record.facts.aus if aus is None else aus)
    with bars.doing(what, len(rows), "pictures") as progress:
        return make_samples(
            corpus,
            rows,
            record.recipe.data,
            record.facts,
            material.tracked,
            cache=material.cache,
            jobs=request.jobs,
            progress=progress,
        )


def asked(
    task: Task, samples: Samples, rows: int, compute: Callable[[Batch], Mapping[str, Tensor]] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return what a network says: name -> (rows, ...), NaN in rows that are not among the samples."""
    said = {}
    for name, values in predict(task, samples, compute).items():
        whole = np.full((rows, *values.shape[1:]), np.nan, dtype=np.float32)
        whole[samples.rows] = values
        said[name] = whole
    return said


def over_folds(parts: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return each row from the fold that tested it: all parts have the same rows, NaN where they did not."""
    whole: NDArray[np.float32] | None = None
    for part in parts:
        whole = part.copy() if whole is None else np.where(np.isnan(whole), part, whole)
    if whole is None:
        raise ValueError("over_folds: give the parts of one fold or more")
    return whole


def as_predictions(model: str, occurrence: NDArray[np.float32], aus: tuple[str, ...]) -> Predictions:
    """Return (n, A) probabilities as reports take them."""
    found = ~np.isnan(occurrence).all(axis=1)
    return Predictions(
        model=model,
        aus=aus,
        expressions=(),
        occurrence=occurrence,
        intensity=None,
        expression=None,
        pose_group=np.where(found, "all", ""),
        thresholds=np.full(len(aus), 0.5),
        settings="each picture by itself, by the network that was not trained on the person",
    )


def _changes(model: Model, request: Request, seed: int, fold: int) -> tuple[str, ...]:
    aus = f"data.aus={json.dumps(list(request.aus))}"
    return (*model.changes, *request.changes, aus, f"fold={fold}", f"training.seed={seed}")
