"""The networks of one seed: five systems, each built on those before it (F. Zhang et al. 4.5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from trainers.cycle_attention.cycle_task import CycleAttentionTask
from trainers.cycle_attention.domains import Domains
from trainers.cycle_attention.expression_task import ExpressionOptions, ExpressionTask
from trainers.cycle_attention.selection import most_alike
from trainers.protocols import Split
from trainers.reproduction.by_fold import rows_seen
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Request
from trainers.reproduction.runs import Run, TrainedRun, train_all
from trainers.training.batch import Batch
from trainers.training.predicting import predict
from trainers.training.recipe_files import read_recipe
from trainers.training.samples import Samples

S2T, FINE_TUNED, ATTENTION, GENERATED, CYCLE = (
    "S2T",
    "S2T_fine-tune",
    "S2T_attention",
    "S2T_att.&gen.",
    "CycleAT",
)
SYSTEMS = (S2T, FINE_TUNED, ATTENTION, GENERATED, CYCLE)
"""The paper's names, in the order in which they should get better."""
CONTROL = "S2T_att.&source"
"""Ours: as S2T_att.&gen., but with the source's pictures as they are, and f_S as the teacher. What
restyling brings is what the two differ by, for more pictures bring something by themselves."""

MOST_MADE = 1500
"""Restyled pictures that t-SNE lays out: it takes minutes for many more."""
LOW_LEVEL = 8
"""Side to which the first layer's maps are averaged for it."""


class Recipes(NamedTuple):
    """The recipes of one size.

    Attributes:
        source: f_S.
        fine_tuned: f_S on the target.
        generators: stage I of CycleAT, and the generators of S2T_att.&gen.
        cycle: stage II: they go on, f_W beside them.
        bridge: f_W by itself, on what given generators make.
        target: f_T.
    """

    source: str
    fine_tuned: str
    generators: str
    cycle: str
    bridge: str
    target: str


RECIPES = {
    size: Recipes(
        *(
            f"cycle-attention/{name}{end}"
            for name in ("source", "fine-tuned", "generators", "cycle", "bridge", "target")
        )
    )
    for size, end in (("small", "-small"), ("paper", ""))
}
TRUNKS = {"small": ("mobilenet_v3_small",), "paper": ("vgg19", "resnet34", "resnet101")}
"""Trunks that f_S is tried with besides its own and f_T's (Table 2)."""
NEAREST = 8
"""t of section 4.2 for SFEW: restyled pictures for each of the target's."""
LABELLED = {"small": 0.25, "paper": 0.8}
"""Share of the target's people that are trained on; the fewer, the more are tested."""
MOST_LABELLED = {"small": 280, "paper": 10_000}
"""Pictures of them: SFEW has some 350 of 95 people to train."""


@dataclass(frozen=True, eq=False)
class OfSeed:
    """What was trained with one seed.

    Attributes:
        source_split, target_split: whose rows trained what.
        source: f_S, which is S2T.
        sources: trunk -> classifier of the source's expressions, for Table 2: f_S, the network that f_T goes
            on from, for in the paper's Table 4 all systems but S2T are fine-tuned, and with the first seed
            those of `TRUNKS`.
        cycles: GENERATED and CYCLE -> the run whose generators they use.
        bridges: likewise -> the run of f_W.
        classifiers: system -> the network that is tested.
    """

    seed: int
    source_split: Split
    target_split: Split
    source: TrainedRun
    sources: Mapping[str, TrainedRun]
    cycles: Mapping[str, TrainedRun]
    bridges: Mapping[str, TrainedRun]
    classifiers: Mapping[str, TrainedRun]

    @property
    def runs(self) -> list[TrainedRun]:
        """Every network, each once."""
        every = [
            *self.sources.values(),
            *self.classifiers.values(),
            *self.cycles.values(),
            *self.bridges.values(),
        ]
        return list({run.run.folder: run for run in every}.values())


class Systems:
    """Trains the networks of one seed, in order; what is trained already is found again."""

    def __init__(self, domains: Domains, request: Request, seed: int, bars: Bars) -> None:
        self._domains, self._request, self._seed, self._bars = domains, request, seed, bars
        self._recipes = RECIPES[request.size]

    def train(self) -> OfSeed:
        """Train what is not trained yet.

        Raises:
            Interrupted: a signal asked to stop; the same call goes on.
            LiveFacsError: a corpus does not fit, or training fails.
        """
        recipes, domains, seed = self._recipes, self._domains, self._seed
        studio = domains.source_split(seed)
        size = self._request.size
        few = domains.target_split(LABELLED[size], MOST_LABELLED[size], seed)
        both = domains.with_auxiliary(studio)
        source = self._trained("source", recipes.source, studio)
        shallower = read_recipe(recipes.target).options
        assert isinstance(shallower, ExpressionOptions)
        shallow = self._trained("shallow", recipes.source, studio, f"task.backbone={shallower.backbone}")
        taught = f"task.teacher={source.run.folder}"
        going_on = f"task.start={source.run.folder}"
        shallow_start = f"task.start={shallow.run.folder}"
        classifiers = {
            S2T: source,
            FINE_TUNED: self._trained("fine-tuned", recipes.fine_tuned, few, going_on),
            ATTENTION: self._trained("attention", recipes.target, few, taught, shallow_start),
        }
        generators = self._trained("generators", recipes.generators, both)
        given = f"task.generators={generators.run.folder}"
        cycle = self._trained("cycle", recipes.cycle, both, taught, going_on, given)
        cycles = {GENERATED: generators, CYCLE: cycle}
        bridges = {
            GENERATED: self._trained("bridge", recipes.bridge, studio, taught, going_on, given),
            CYCLE: cycle,
        }
        chosen = {}

        def joined(rows: NDArray[np.int64]) -> Split:
            return dataclasses.replace(few, train=np.concatenate([few.train, rows]))

        for system, folder in ((GENERATED, "generated"), (CYCLE, "cycle-target")):
            chosen[system] = self._chosen(source, cycles[system], studio, few)
            classifiers[system] = self._trained(
                folder,
                recipes.target,
                joined(chosen[system]),
                shallow_start,
                f"task.teacher={bridges[system].run.folder}",
                f"data.adapt={cycles[system].run.folder}",
            )
        classifiers[CONTROL] = self._trained(
            "with-source", recipes.target, joined(chosen[GENERATED]), taught, shallow_start
        )
        sources = {_trunk(source): source, _trunk(shallow): shallow}
        if seed == self._request.seeds[0]:
            for name in TRUNKS[size]:
                sources[name] = self._trained(
                    f"source-{name}", recipes.source, studio, f"task.backbone={name}"
                )
        return OfSeed(seed, studio, few, source, sources, cycles, bridges, classifiers)

    def _trained(self, name: str, recipe: str, split: Split, *changes: str) -> TrainedRun:
        request = self._request
        whole = (*changes, *request.changes, f"training.seed={self._seed}")
        of_seed = f", seed {self._seed}" if len(request.seeds) > 1 else ""
        folder = request.runs / f"seed-{self._seed}" / name
        run = Run(f"{name}{of_seed}", read_recipe(recipe, whole), whole, folder)
        (trained,) = train_all(
            [run], self._domains.material, split, self._bars, device=request.device, jobs=request.jobs
        )
        return trained

    def _chosen(self, source: TrainedRun, cycle: TrainedRun, studio: Split, few: Split) -> NDArray[np.int64]:
        """Return source rows whose restyled pictures look most like the target's labelled ones."""
        rng = np.random.default_rng(self._seed)
        some = np.sort(rng.permutation(studio.train)[:MOST_MADE])
        material, request, bars = self._domains.material, self._request, self._bars
        made = rows_seen(some, material, cycle, request, bars, "restyling")
        target = rows_seen(few.train, material, source, request, bars, "the target's pictures")
        positions = most_alike(
            low_level(source, target),
            low_level(source, made, generator_of(cycle)),
            NEAREST,
            seed=self._seed,
        )
        rows: NDArray[np.int64] = made.rows[positions]
        return rows


def _trunk(run: TrainedRun) -> str:
    options = run.loaded.record.recipe.options
    assert isinstance(options, ExpressionOptions)
    return options.backbone


def generator_of(run: TrainedRun) -> CycleAttentionTask:
    """Return the task of a run that has generators."""
    task = run.loaded.task
    assert isinstance(task, CycleAttentionTask)
    return task


def look(picture: Tensor, generator: CycleAttentionTask | None) -> Tensor:
    """Return pictures restyled, or without a generator as they are."""
    return picture if generator is None else generator.restyled(picture)


def low_level(
    source: TrainedRun, samples: Samples, generator: CycleAttentionTask | None = None
) -> NDArray[np.float32]:
    """Return (n, D): what the first layers of f_S see of each picture, averaged to a few places.

    The paper takes the first layer of an AlexNet trained on ImageNet.
    """
    reader = source.loaded.task
    assert isinstance(reader, ExpressionTask)

    def compute(batch: Batch) -> dict[str, Tensor]:
        (first,), _ = reader.classifier.maps(look(batch.picture, generator), (1,))
        return {"low": functional.adaptive_avg_pool2d(first, LOW_LEVEL).flatten(1)}

    return predict(reader, samples, compute)["low"]
