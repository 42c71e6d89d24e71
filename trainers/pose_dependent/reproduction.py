"""Zhou et al.'s experiment, whole: per AU a pose-invariant and a pose-dependent network, then the report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import ProtocolError
from trainers.pose_dependent.experiment_report import Results, experiment_report
from trainers.pose_dependent.fields_by_pose import fields_by_pose, poses_of
from trainers.pose_dependent.held_out import (
    DEPENDENT,
    INVARIANT,
    Estimates,
    HeldOut,
    PerModel,
    estimate,
    estimator_of,
    held_out,
)
from trainers.pose_dependent.pose_groups import with_group_pitch
from trainers.pose_dependent.receptive_fields import ReceptiveFields
from trainers.pose_dependent.tasks import PoseDependentTask, PoseInvariantTask
from trainers.reports import Report
from trainers.reproduction.papers import Paper
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import Run, TrainedRun, train_all
from trainers.training.devices import make_fabric
from trainers.training.recipe_files import read_recipe
from trainers.training.train import split_of

AUS = ("AU01", "AU04", "AU06", "AU10", "AU12", "AU14", "AU17")

RECIPES = {
    ("small", INVARIANT): "pose-dependent/invariant-small",
    ("small", DEPENDENT): "pose-dependent/dependent-small",
    ("paper", INVARIANT): "pose-dependent/invariant",
    ("paper", DEPENDENT): "pose-dependent/dependent",
}

# In "paper" as many people, and of most AUs as many pictures, as the paper samples; "small" is what two cores
# render and train on within an hour and a quarter: many people, few moments of each.
PLANS = {
    "small": tuple(
        CorpusPlan(f"livefacs-{look}", subjects=300, frames=300 * 45, domain=look, size=128)
        for look in ("studio", "wild")
    ),
    "paper": tuple(
        CorpusPlan(f"livefacs-{look}", subjects=100, frames=100 * 1152, domain=look, size=256)
        for look in ("studio", "wild")
    ),
}

# There are no ImageNet weights for a slim trunk. In "small" a network of either model first learns all AUs of
# the corpus together, from every training picture, and those of single AUs start from it.
TOGETHER = (
    'data.sampling.kind="all"',
    "data.batch=64",
    "optimiser.lr=0.001",
    "training.iterations=6000",
    "training.interval=1000",
)
TOGETHER_FOLDER = "together"
FROM_TOGETHER = ("training.iterations=500", "training.interval=100")

# Keys that the pose-invariant task does not have.
DEPENDENT_ONLY = ("task.alpha", "task.stages")


def check(request: Request) -> None:
    """Refuse, before the long work, a device that is not there and changes that the recipes do not take."""
    make_fabric(request.device, 1, runs_of(request)[0].recipe.training.precision)


def reproduce(request: Request, material: Material, bars: Bars) -> Report:
    """Train every network that is not trained yet, and return the report.

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: the corpus does not fit, or training fails.
    """
    corpus = material.corpus.with_aus(request.aus)
    together, runs = runs_together(request, material.corpus.aus), runs_of(request)
    recipe = next(run.recipe for run in runs if run.recipe.task == DEPENDENT)  # it has the pose groups
    split = split_of(recipe, corpus)
    if not len(split.validation):
        raise ProtocolError(
            f"{split.name}: has no validation people, on whom the paper compares its models: use a corpus "
            "with a validation partition, or --set protocol=60-20-20"
        )
    both = train_all([*together, *runs], material, split, bars, device=request.device, jobs=request.jobs)
    started, trained = both[: len(together)], both[len(together) :]
    device = make_fabric(request.device, 1, recipe.training.precision).device
    pictures = len(split.validation) + len(split.test)
    with bars.doing("reading the held-out pictures", pictures, "pictures") as progress:
        seen = held_out(corpus, split, recipe.data, jobs=request.jobs, progress=progress)
    estimates: list[Estimates] = []
    fields: dict[str, ReceptiveFields] = {}
    for seed in request.seeds:
        networks = _networks(trained, request, seed)
        with bars.doing("asking the networks", pictures, "pictures") as progress:
            estimates.append(estimate(networks, seen, device, progress))
        if not fields:
            fields = _fields(networks, estimates[0], seen, request, device, bars)
    return experiment_report(
        Results(request, material, split.description, seen, estimates, fields, trained, started)
    )


def runs_together(request: Request, aus: Sequence[str]) -> list[Run]:
    """Return the networks of all AUs that those of single AUs start from, one per model and seed, if any."""
    if not _starts_together(request):
        return []
    named = f"data.aus={json.dumps(aus)}"
    return [
        _run(
            request,
            model,
            seed,
            name=f"{len(aus)} AUs together{_of_seed(request, seed)} {model}",
            changes=(*TOGETHER, *_asked(request, model), named),
            folder=TOGETHER_FOLDER,
        )
        for seed in request.seeds
        for model in (INVARIANT, DEPENDENT)
    ]


def runs_of(request: Request) -> list[Run]:
    """Return every network of a request, AU by AU, the pose-invariant before the pose-dependent one."""
    return [
        _run_of_au(request, au, model, seed)
        for seed in request.seeds
        for au in request.aus
        for model in (INVARIANT, DEPENDENT)
    ]


def _run_of_au(request: Request, au: str, model: str, seed: int) -> Run:
    own = [f'data.aus=["{au}"]', f'data.sampling.au="{au}"']
    if model == DEPENDENT and estimator_of(au, request.aus) != au:
        # "For all AUs except AU12, we jointly trained the three regressors" (section III.C).
        own += ["task.stages.regressors=1", "task.stages.pose=0", "task.stages.joint=0"]
    if started := _starts_together(request):
        together = _folder(request, model, seed) / TOGETHER_FOLDER
        own.append(f"task.weights={json.dumps(together.as_posix())}")
    place = f"{request.aus.index(au) + 1} of {len(request.aus)}"
    return _run(
        request,
        model,
        seed,
        name=f"{au} ({place}{_of_seed(request, seed)}) {model}",
        changes=(*(FROM_TOGETHER if started else ()), *_asked(request, model), *own),
        folder=au,
    )


def _run(request: Request, model: str, seed: int, *, name: str, changes: Sequence[str], folder: str) -> Run:
    changes = (*changes, f"training.seed={seed}")
    recipe = read_recipe(RECIPES[request.size, model], changes)
    return Run(name, recipe, changes, _folder(request, model, seed) / folder)


def _folder(request: Request, model: str, seed: int) -> Path:
    return request.runs / f"seed-{seed}" / model


def _starts_together(request: Request) -> bool:
    """Tell whether networks start from one of all AUs: in "small", unless other weights are asked for."""
    return request.size == "small" and not any(
        change.strip().startswith("task.weights") for change in request.changes
    )


def _asked(request: Request, model: str) -> list[str]:
    """Return the changes that the user asks for and that this model's recipe takes."""
    return [
        change
        for change in request.changes
        if model == DEPENDENT or not change.strip().startswith(DEPENDENT_ONLY)
    ]


def _of_seed(request: Request, seed: int) -> str:
    return f", seed {seed}" if len(request.seeds) > 1 else ""


def _networks(trained: Sequence[TrainedRun], request: Request, seed: int) -> PerModel:
    of_seed = [run for run in trained if run.loaded.record.recipe.training.seed == seed]
    tasks = {
        (run.loaded.record.recipe.task, run.loaded.record.facts.aus[0]): run.loaded.task for run in of_seed
    }
    invariant: dict[str, PoseInvariantTask] = {}
    dependent: dict[str, PoseDependentTask] = {}
    for au in request.aus:
        one, other = tasks[INVARIANT, au], tasks[DEPENDENT, au]
        assert isinstance(one, PoseInvariantTask) and isinstance(other, PoseDependentTask)
        invariant[au], dependent[au] = one, other
    return PerModel(invariant, dependent)


def _fields(
    networks: PerModel,
    estimates: Estimates,
    seen: HeldOut,
    request: Request,
    device: torch.device,
    bars: Bars,
) -> dict[str, ReceptiveFields]:
    """Receptive fields of both models, on the validation people."""
    rows = seen.partitions["validation"]
    both: dict[str, Mapping[str, PoseInvariantTask] | Mapping[str, PoseDependentTask]] = {
        INVARIANT: networks.invariant,
        DEPENDENT: networks.dependent,
    }
    maps = len(both) * len(request.aus) * len(poses_of(seen.corpus)[1])
    with bars.doing("receptive fields", maps, "maps") as progress:
        return {
            model: fields_by_pose(
                tasks,
                estimates.intensity[model],
                seen,
                rows,
                device,
                seed=request.seeds[0],
                progress=progress,
            )
            for model, tasks in both.items()
        }


PAPER = Paper(
    source="Zhou, Pi and Shi, FG 2017",
    aus=AUS,
    plans=PLANS,
    check=check,
    prepared=with_group_pitch,
    reproduce=reproduce,
)
