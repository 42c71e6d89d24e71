"""Ghosh et al.'s experiment: a search, leave-one-subject-out on two corpora, from each to the other."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import ProtocolError
from trainers.multilabel_qda.experiment_report import experiment_report
from trainers.multilabel_qda.results import Crossed, OnCorpus, Results, Trial
from trainers.multilabel_qda.search import drawn
from trainers.multilabel_qda.task import MultiLabelTask
from trainers.protocols import Split, protocol
from trainers.protocols.by_subject import everything, training_and_validation
from trainers.reports import Comparison, Report
from trainers.reproduction.by_fold import as_predictions, asked, over_folds, rows_seen
from trainers.reproduction.papers import Paper, as_labelled
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import Run, train_all
from trainers.training.devices import make_fabric
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import read_recipe

AUS = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU09", "AU12", "AU15", "AU17", "AU20")
"""Those that the paper's corpora share."""

RECIPES = {"small": "multilabel-qda/small", "paper": "multilabel-qda/paper"}
TRIALS = {"small": 6, "paper": 30}

# Two looks of other people: as different as two corpora whose pictures were taken in other rooms.
PLANS = {
    "small": (CorpusPlan("livefacs-a", subjects=18, frames=18 * 120, poses="continuous", size=128, seed=3),),
    "paper": (CorpusPlan("livefacs-a", subjects=27, frames=27 * 4800, poses="continuous", size=256, seed=3),),
}
OTHERS = {
    "small": (
        CorpusPlan(
            "livefacs-b", subjects=18, frames=18 * 120, domain="wild", poses="continuous", size=128, seed=4
        ),
    ),
    "paper": (
        CorpusPlan(
            "livefacs-b", subjects=41, frames=41 * 3400, domain="wild", poses="continuous", size=256, seed=4
        ),
    ),
}


def check(request: Request) -> None:
    """Refuse, before the long work, a device that is not there and changes that the recipes do not take."""
    make_fabric(request.device, 1, _recipe(request, request.seeds[0], ())[0].training.precision)


def reproduce(request: Request, material: Material, bars: Bars) -> Report:
    """Train every network that is not trained yet, and return the report. Of several seeds the first counts.

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: a corpus does not fit, or training fails.
    """
    other = material.other
    if other is None:
        raise ProtocolError("qda: there is no second corpus to go to")
    seed = request.seeds[0]
    trials, best = _searched(material, request, seed, bars)
    sides = (material, other)
    same = [_left_out(side, request, seed, best, bars) for side in sides]
    crossed = [_crossed(one, two, request, seed, best, bars) for one, two in (sides, sides[::-1])]
    return experiment_report(Results(request, material, trials, same, crossed))


def _searched(
    material: Material, request: Request, seed: int, bars: Bars
) -> tuple[list[Trial], tuple[str, ...]]:
    """Return the trials, and what the best changes of the recipe, its number of iterations included."""
    corpus = material.corpus.with_aus(request.aus)
    split = training_and_validation(corpus, 0.25, seed=seed)
    recipe, _ = _recipe(request, seed, ())
    momentum = recipe.optimiser.kind in ("sgd", "nesterov")
    runs, changed = [], []
    for number in range(TRIALS[request.size]):
        changes = drawn(number, seed=seed, size=recipe.data.size, momentum=momentum)
        changed.append(changes)
        made, all_changes = _recipe(request, seed, changes)
        name = f"trial {number + 1} of {TRIALS[request.size]}"
        runs.append(Run(name, made, all_changes, request.runs / "search" / f"{number + 1}"))
    trained = train_all(runs, material, split, bars, device=request.device, jobs=request.jobs)
    trials = [
        Trial(changes, run, float(run.loaded.figures.get("loss") or np.inf))
        for changes, run in zip(changed, trained, strict=True)
    ]
    best = min(trials, key=lambda trial: trial.loss)
    return trials, (
        *best.changes,
        f"training.iterations={max(1, best.run.standing.best_iteration)}",
        *UNWATCHED,
    )


UNWATCHED = ('training.metric=""', "training.patience=0")
"""Once the number of iterations is known, validation people are trained on as well (section V)."""


def _left_out(material: Material, request: Request, seed: int, best: tuple[str, ...], bars: Bars) -> OnCorpus:
    """Tables I and II: each person by the network that was trained on all others."""
    corpus = material.corpus.with_aus(request.aus)
    splits = [_with_validation(split) for split in protocol("loso", corpus, seed)]
    recipe, changes = _recipe(request, seed, best)
    parts: list[NDArray[np.float32]] = []
    networks = []
    for number, split in enumerate(splits, start=1):
        name = f"{corpus.name}, {number} of {len(splits)} left out"
        run = Run(name, recipe, changes, request.runs / corpus.name / f"without-{number}")
        (trained,) = train_all([run], material, split, bars, device=request.device, jobs=request.jobs)
        networks.append(trained)
        seen = rows_seen(split.test, material, trained, request, bars, f"{name}: reading")
        parts.append(asked(trained.loaded.task, seen, len(corpus))["au_occurrence"])
    comparison = Comparison.of_splits(
        corpus,
        splits,
        as_predictions(f"{corpus.name} to itself", over_folds(parts), request.aus),
        rendered=material.rendered,
        seed=seed,
    )
    return OnCorpus(corpus.name, comparison, networks)


def _crossed(
    one: Material, two: Material, request: Request, seed: int, best: tuple[str, ...], bars: Bars
) -> Crossed:
    """Table III: trained on all of one corpus, tested on all of the other; Fig. 2 and 3 of the top layer."""
    corpus, tested = (side.corpus.with_aus(request.aus) for side in (one, two))
    recipe, changes = _recipe(request, seed, best)
    name = f"{corpus.name} to {tested.name}"
    split = Split.of_parts(corpus.subject, f"all of {corpus.name}", np.zeros(len(corpus), np.int64), None)
    run = Run(name, recipe, changes, request.runs / f"{corpus.name}-to-{tested.name}")
    (trained,) = train_all([run], one, split, bars, device=request.device, jobs=request.jobs)
    task = trained.loaded.task
    assert isinstance(task, MultiLabelTask)
    seen = rows_seen(np.arange(len(tested)), two, trained, request, bars, f"{name}: reading", aus=request.aus)
    said = asked(
        task, seen, len(tested), lambda batch: {**task.predict(batch), "top": task.network(batch.picture)}
    )
    comparison = Comparison.of_splits(
        tested,
        [everything(tested)],
        as_predictions(name, said["au_occurrence"], request.aus),
        rendered=two.rendered,
        seed=seed,
        features=said["top"],
    )
    return Crossed(corpus.name, tested.name, comparison, trained)


def _with_validation(split: Split) -> Split:
    """Return the split with its validation people trained on."""
    part = np.full(len(split.subject), -1)
    part[split.train] = part[split.validation] = 0
    part[split.test] = 2
    return Split.of_parts(split.subject, split.name, part, None)


def _recipe(request: Request, seed: int, changes: Sequence[str]) -> tuple[Recipe, tuple[str, ...]]:
    aus = f"data.aus={json.dumps(list(request.aus))}"
    whole = (*changes, *request.changes, aus, f"training.seed={seed}")
    return read_recipe(RECIPES[request.size], whole), whole


PAPER = Paper(
    source="Ghosh, Laksana, Scherer and Morency, ACII 2015",
    aus=AUS,
    plans=PLANS,
    check=check,
    prepared=as_labelled,
    reproduce=reproduce,
    licensed="bp4d",
    faces=True,
    others=OTHERS,
)
