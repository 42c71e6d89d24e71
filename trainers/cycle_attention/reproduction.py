"""F. Zhang et al.'s experiment, whole: five systems from studio faces to few labelled ones in the wild."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainers.corpora.corpus import EXPRESSIONS
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.cycle_attention.cycle_task import CYCLE as CYCLE_ERROR
from trainers.cycle_attention.cycle_task import CycleAttentionTask
from trainers.cycle_attention.domains import Domains, joined_domains
from trainers.cycle_attention.experiment_report import experiment_report
from trainers.cycle_attention.results import Results, Said, SeedResults
from trainers.cycle_attention.systems import CYCLE, RECIPES, OfSeed, Systems, generator_of, look, low_level
from trainers.cycle_attention.teacher import CLASSIFIER
from trainers.errors import ProtocolError
from trainers.reports import Report
from trainers.reproduction.by_fold import rows_seen
from trainers.reproduction.papers import Paper, as_labelled
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import TrainedRun
from trainers.training.batch import Batch
from trainers.training.devices import make_fabric
from trainers.training.metrics_log import series
from trainers.training.predicting import predict
from trainers.training.recipe_files import read_recipe
from trainers.training.samples import Samples


def _plan(name: str, subjects: int, frames: int, seed: int, domain: str) -> CorpusPlan:
    return CorpusPlan(name, subjects, frames, domain, "bu3dfe", "expressions", seed=seed, size=128)


# As many people in the studio as BU-3DFE has. Few of the target's pictures train, most of them test.
SOURCE = _plan("livefacs-expressions", 100, 6000, 11, "studio")
WEB = _plan("livefacs-web", 300, 3000, 12, "wild")
TARGET = _plan("livefacs-target", 160, 6400, 13, "wild")

PLANS = {"small": (SOURCE,), "paper": (dataclasses.replace(SOURCE, frames=185_900, size=256),)}
WEBS = {"small": (WEB,), "paper": (dataclasses.replace(WEB, subjects=10_000, frames=200_000, size=256),)}
TARGETS = {"small": (TARGET,), "paper": (dataclasses.replace(TARGET, frames=1141, size=256),)}


def check(request: Request) -> None:
    """Refuse, before the long work, a device that is not there and changes that the recipes do not take."""
    for recipe in RECIPES[request.size]:
        made = read_recipe(recipe, request.changes)
        make_fabric(request.device, 1, made.training.precision)


def reproduce(request: Request, material: Material, bars: Bars) -> Report:
    """Train every network that is not trained yet, and return the report.

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: a corpus does not fit, or training fails.
    """
    if material.other is None or material.auxiliary is None:
        raise ProtocolError("cycleat: there is no target or no auxiliary corpus")
    domains = joined_domains(material, material.auxiliary, material.other)
    seeds = [
        _found(Systems(domains, request, seed, bars).train(), domains, request, bars)
        for seed in request.seeds
    ]
    return experiment_report(Results(request, domains, seeds))


def _found(trained: OfSeed, domains: Domains, request: Request, bars: Bars) -> SeedResults:
    """Ask the networks of one seed what there is to know."""
    corpus = domains.material.corpus

    def seen(rows: NDArray[np.int64], what: str) -> Samples:
        of_seed = f"seed {trained.seed}: reading {what}"
        return rows_seen(rows, domains.material, trained.source, request, bars, of_seed)

    def said(run: TrainedRun, samples: Samples, generator: CycleAttentionTask | None = None) -> Said:
        task = run.loaded.task
        classifier = task.networks[CLASSIFIER]

        def compute(batch: Batch) -> dict[str, Tensor]:
            return {"expression": classifier(look(batch.picture, generator))}

        best = predict(task, samples, compute)["expression"].argmax(axis=1)
        rows = samples.rows
        return Said(corpus.expression[rows], np.array(EXPRESSIONS)[best], corpus.subject[rows])

    target = seen(trained.target_split.test, "the target")
    source = seen(trained.source_split.test, "the source")
    generators = {name: generator_of(run) for name, run in trained.cycles.items()}
    return SeedResults(
        trained=trained,
        target={name: said(run, target) for name, run in trained.classifiers.items()},
        sources={name: said(run, source) for name, run in trained.sources.items()},
        bridges={name: said(run, target) for name, run in trained.bridges.items()},
        kept={name: said(trained.source, source, each) for name, each in generators.items()},
        cycle_errors={
            name: series(run.loaded.folder.metrics, "train", f"loss/{CYCLE_ERROR}")
            for name, run in trained.cycles.items()
        },
        low_level={
            "source": low_level(trained.source, source),
            "restyled": low_level(trained.source, source, generators[CYCLE]),
            "target": low_level(trained.source, target),
        },
    )


PAPER = Paper(
    source="F. Zhang, T. Zhang, Mao, Duan and Xu, ACM Multimedia 2018",
    aus=(),
    plans=PLANS,
    check=check,
    prepared=as_labelled,
    reproduce=reproduce,
    licensed="",
    faces=True,
    others=TARGETS,
    auxiliaries=WEBS,
    seeds=3,
)
