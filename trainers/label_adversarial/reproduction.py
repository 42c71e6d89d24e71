"""Wang et al.'s experiment, whole: with and without the constraint, from all labels down to half of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.label_adversarial.experiment_report import experiment_report
from trainers.label_adversarial.results import FEWEST, FREE, OURS, RATES, OfSeed, Results, name_of
from trainers.label_adversarial.task import LabelAdversarialTask
from trainers.reports import Comparison, Report
from trainers.reproduction.by_fold import (
    Fold,
    Model,
    as_predictions,
    asked,
    check_models,
    over_folds,
    rows_seen,
    train_folds,
)
from trainers.reproduction.papers import Paper, as_labelled
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request
from trainers.training.recipe_files import read_recipe

AUS = ("AU01", "AU02", "AU04", "AU06", "AU07", "AU10", "AU12", "AU14", "AU15", "AU17", "AU23", "AU24")
"""Those of BP4D, Table 1."""

ALPHAS = {"small": (0.05, 0.2, 0.5, 0.8, 0.9), "paper": (0.001, 0.01, 0.05, 0.1, 0.3)}
"""Of Fig. 7; where the supervised loss is large, as it is in `small`, so are those that matter."""

# As many people as BP4D has.
SMALL = CorpusPlan("livefacs-few", subjects=42, frames=42 * 150, poses="continuous", size=128, seed=1)
PLANS = {
    "small": (SMALL,),
    "paper": (dataclasses.replace(SMALL, subjects=41, frames=41 * 3400, size=256),),
}

RECIPES = {"small": "label-adversarial/small", "paper": "label-adversarial/resnet50"}


def models_of(size: str) -> list[Model]:
    """Return both models at each missing rate, and those of Fig. 7 on the first fold."""
    recipe = RECIPES[size]
    models = []
    for rate in RATES:
        missing = f"data.missing.rate={rate:g}"
        models += [
            Model(name_of(OURS, rate), recipe, (missing,)),
            Model(name_of(FREE, rate), recipe, (missing, "task.alpha=0", *_as_many_updates(recipe))),
        ]
    own = read_recipe(recipe).options.alpha  # type: ignore[attr-defined]
    swept = [
        Model(
            _at(alpha),
            recipe,
            (f"data.missing.rate={FEWEST:g}", f"task.alpha={alpha:g}"),
            folds=(1,),
        )
        for alpha in ALPHAS[size]
        if alpha != own  # that of Ours itself
    ]
    return [*models, *swept]


def _as_many_updates(recipe: str) -> tuple[str, ...]:
    """Return the change that gives R as many updates without D as it has beside D."""
    made = read_recipe(recipe)
    options, how = made.options, made.training
    share = options.recogniser_turns / (options.recogniser_turns + options.discriminator_turns)  # type: ignore[attr-defined]
    if how.iterations:
        return (f"training.iterations={round(share * how.iterations)}",)
    assert how.epochs is not None
    return (f"training.epochs={max(1, round(share * how.epochs))}",)


def check(request: Request) -> None:
    """Refuse what cannot be run: see `check_models`."""
    check_models(models_of(request.size), request)


def reproduce(request: Request, material: Material, bars: Bars) -> Report:
    """Train every network that is not trained yet, and return the report.

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: the corpus does not fit, or training fails.
    """
    models = models_of(request.size)
    seeds = []
    for seed in request.seeds:
        folds = train_folds(models, material, request, seed, bars)
        seeds.append(_of_seed(folds, material, request, seed, bars))
    return experiment_report(Results(request, material, seeds))


def _of_seed(folds: Sequence[Fold], material: Material, request: Request, seed: int, bars: Bars) -> OfSeed:
    corpus = material.corpus.with_aus(request.aus)
    said: dict[str, list[NDArray[np.float32]]] = {}
    features: list[NDArray[np.float32]] = []
    pictures: list[NDArray[np.float32]] = []
    for fold in folds:
        first = next(iter(fold.trained.values()))
        what = f"fold {fold.number}: reading the test people"
        tested = rows_seen(fold.split.test, material, first, request, bars, what)
        for name, run in fold.trained.items():
            found = asked(run.loaded.task, tested, len(corpus))
            said.setdefault(name, []).append(found["au_occurrence"])
        task = fold.trained[name_of(OURS, 0.0)].loaded.task
        assert isinstance(task, LabelAdversarialTask)
        seen = asked(
            task,
            tested,
            len(corpus),
            lambda batch, task=task: {  # type: ignore[misc]
                "features": task.recogniser.features(batch.picture),
                "pictures": _shrunk(batch.picture),
            },
        )
        features.append(seen["features"])
        pictures.append(seen["pictures"])
    own = folds[0].trained[name_of(OURS, FEWEST)].loaded.record.recipe.options.alpha  # type: ignore[attr-defined]
    said[_at(own)] = said[name_of(OURS, FEWEST)][:1]
    every = [fold.split for fold in folds]
    comparisons: Mapping[str, Comparison] = {
        name: Comparison.of_splits(
            corpus,
            every if len(parts) == len(every) else every[:1],
            as_predictions(name, over_folds(parts), request.aus),
            rendered=material.rendered,
            seed=seed,
        )
        for name, parts in said.items()
    }
    one = every[0].test  # people of one fold: features of different networks have nothing in common
    return OfSeed(seed, folds, comparisons, features[0][one], pictures[0][one], corpus.subject[one])


def _at(alpha: float) -> str:
    return f"{OURS} alpha {alpha:g}"


def _shrunk(picture: Tensor) -> Tensor:
    """Return (n, k) pixels of small pictures: the space of images of Fig. 8a."""
    return functional.adaptive_avg_pool2d(picture, 24).flatten(1)


PAPER = Paper(
    source="Wang, Chang, Peng and Pan",
    aus=AUS,
    plans=PLANS,
    check=check,
    prepared=as_labelled,
    reproduce=reproduce,
    licensed="bp4d",
    faces=True,
)
