"""Z. Zhang et al.'s experiment: five networks per fold, what they know of people, what they pass on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import ProtocolError
from trainers.identity_adversarial.experiment_report import experiment_report
from trainers.identity_adversarial.probe import Probed, subject_probe
from trainers.identity_adversarial.results import (
    ADVERSARIAL,
    BASELINE,
    COMPARED,
    ENHANCED,
    ENHANCED_ADVERSARIAL,
    JOINT,
    OfSeed,
    Results,
    Transferred,
)
from trainers.identity_adversarial.task import IdentityAdversarialTask
from trainers.identity_adversarial.transfer import linear_transfer
from trainers.protocols import protocol
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
from trainers.reproduction.runs import TrainedRun
from trainers.training.recipe_files import read_recipe

AUS = ("AU01", "AU02", "AU04", "AU06", "AU07", "AU10", "AU12", "AU14", "AU15", "AU17", "AU23", "AU24")
"""Those of BP4D, Table 1."""
TRANSFERRED = ("AU01", "AU02", "AU04", "AU06", "AU09", "AU12", "AU25", "AU26")
"""Those of DISFA, Table 2."""

ALPHAS = (0.008, 0.01, 0.02, 0.04, 0.08)
"""Of Fig. 3b."""

RECIPES = {
    "small": ("identity-adversarial/small", "identity-adversarial/e-net-small"),
    "paper": ("identity-adversarial/vgg19", "identity-adversarial/e-net"),
}

# As many people as BP4D has. They differ in which AUs they like to show: where everybody behaves alike, who
# somebody is says nothing of their AUs, and there is nothing to be gained by forgetting it.
HABITS = 2.0
SMALL = CorpusPlan(
    "livefacs-habits", subjects=42, frames=42 * 150, poses="continuous", size=128, seed=1, habits=HABITS
)
PLANS = {
    "small": (SMALL,),
    "paper": (dataclasses.replace(SMALL, subjects=41, frames=41 * 3400, size=256),),
}

# As many people as DISFA has.
SMALL_OTHER = dataclasses.replace(
    SMALL, name="livefacs-habits-wild", subjects=27, frames=27 * 80, domain="wild", seed=2
)
OTHERS = {
    "small": (SMALL_OTHER,),
    "paper": (dataclasses.replace(SMALL_OTHER, frames=27 * 4800, size=256),),
}


def models_of(size: str) -> list[Model]:
    """Return the five networks of Fig. 3 and Table 1, and those of Fig. 3b on the first fold."""
    plain, enhanced = RECIPES[size]
    ignored, joint = ("task.identity=ignored",), ("task.identity=joint",)
    own = read_recipe(plain).options.alpha  # type: ignore[attr-defined]
    swept = [
        Model(f"{ADVERSARIAL} alpha {alpha:g}", plain, (f"task.alpha={alpha:g}",), folds=(1,))
        for alpha in ALPHAS
        if alpha != own  # that of ATF itself
    ]
    return [
        Model(BASELINE, plain, ignored),
        Model(JOINT, plain, joint),
        Model(ADVERSARIAL, plain),
        Model(ENHANCED, enhanced, ignored),
        Model(ENHANCED_ADVERSARIAL, enhanced),
        *swept,
    ]


def check(request: Request) -> None:
    """Refuse what cannot be run: see `check_models`."""
    check_models(models_of(request.size), request)


def reproduce(request: Request, material: Material, bars: Bars) -> Report:
    """Train every network that is not trained yet, and return the report.

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: a corpus does not fit, or training fails.
    """
    if material.other is None:
        raise ProtocolError("atf: there is no second corpus to go to")
    models = models_of(request.size)
    seeds = []
    for seed in request.seeds:
        folds = train_folds(models, material, request, seed, bars, watch=True)
        seeds.append(_of_seed(folds, material, request, seed, bars))
    return experiment_report(Results(request, material, seeds))


def _of_seed(folds: Sequence[Fold], material: Material, request: Request, seed: int, bars: Bars) -> OfSeed:
    corpus = material.corpus.with_aus(request.aus)
    said: dict[str, list[NDArray[np.float32]]] = {name: [] for name in COMPARED}
    probed: dict[str, list[Probed]] = {name: [] for name in COMPARED}
    for fold in folds:
        # The networks with attention see landmarks besides, which the others leave alone.
        seeing = fold.trained[ENHANCED]
        what = f"fold {fold.number}: reading the test people"
        tested = rows_seen(fold.split.test, material, seeing, request, bars, what)
        for name in COMPARED:
            task = _task(fold.trained[name])
            found = asked(
                task,
                tested,
                len(corpus),
                lambda batch, task=task: {**task.predict(batch), "features": task.features(batch)},  # type: ignore[misc]
            )
            said[name].append(found["au_occurrence"])
            rows = fold.split.test
            probed[name].append(
                subject_probe(found["features"][rows], corpus.subject[rows], corpus.frame[rows], seed=seed)
            )
    comparisons = {
        name: Comparison.of_splits(
            corpus,
            [fold.split for fold in folds],
            as_predictions(name, over_folds(parts), request.aus),
            rendered=material.rendered,
            seed=seed,
        )
        for name, parts in said.items()
    }
    return OfSeed(seed, folds, comparisons, probed, _transferred(folds[0], material, request, seed, bars))


def _transferred(fold: Fold, material: Material, request: Request, seed: int, bars: Bars) -> Transferred:
    """Table 2: the networks of the first fold on the second corpus."""
    other = material.other
    assert other is not None
    aus = tuple(au for au in TRANSFERRED if au in other.corpus.aus)
    corpus = other.corpus.with_aus(aus)
    splits = protocol("3-fold", corpus, seed)
    seen = rows_seen(
        np.arange(len(corpus)),
        other,
        fold.trained[ENHANCED],
        request,
        bars,
        "reading the second corpus",
        aus=aus,
    )
    comparisons: dict[str, Comparison] = {}
    for name in COMPARED:
        task = _task(fold.trained[name])
        features = asked(
            task,
            seen,
            len(corpus),
            lambda batch, task=task: {"features": task.features(batch)},  # type: ignore[misc]
        )["features"]
        scores = np.clip(linear_transfer(features, corpus.occurrence, splits), 0.0, 1.0)
        comparisons[name] = Comparison.of_splits(
            corpus, splits, as_predictions(name, scores, aus), rendered=other.rendered, seed=seed
        )
    return Transferred(aus, comparisons)


def _task(run: TrainedRun) -> IdentityAdversarialTask:
    task = run.loaded.task
    assert isinstance(task, IdentityAdversarialTask)
    return task


PAPER = Paper(
    source="Z. Zhang, Zhai and Yin, BMVC 2018",
    aus=AUS,
    plans=PLANS,
    check=check,
    prepared=as_labelled,
    reproduce=reproduce,
    licensed="bp4d",
    faces=True,
    others=OTHERS,
)
