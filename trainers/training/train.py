"""From a recipe and a corpus to a trained run on disk."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainers.corpora.corpus import Corpus
from trainers.errors import ProtocolError
from trainers.evaluation import Tracked
from trainers.protocols import (
    Split,
    balanced_intensity_sample,
    mask_labels,
    positive_resampling,
    protocol,
)
from trainers.training import checkpoint
from trainers.training.adaptation import adapted
from trainers.training.devices import make_fabric
from trainers.training.errors import TrainingError
from trainers.training.facts import Facts, facts_of
from trainers.training.loop import INTERRUPTED, Loop
from trainers.training.picture_cache import PictureCache
from trainers.training.progress import Report
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import encode_recipe
from trainers.training.run_folder import (
    CorpusOrigin,
    Origin,
    RunFolder,
    RunRecord,
    check_free,
    environment_of,
    read_record,
)
from trainers.training.samples import Samples, make_samples, some
from trainers.training.seeds import Draw, generator, repeatable_kernels, seed_torch
from trainers.training.task import Task
from trainers.training.task_names import task_named

EXAMPLES = 32


@dataclass(frozen=True, eq=False)
class Trained:
    """What `train` leaves.

    Attributes:
        run: the folder.
        task: with the best weights; with the last ones if it was interrupted.
        ended: why training ended.
        interrupted: whether it can be resumed.
        iteration: how many were done.
        best_iteration: after which the best weights were.
        figures: of the best weights on the validation rows; None where undefined.
    """

    run: RunFolder
    task: Task
    ended: str
    interrupted: bool
    iteration: int
    best_iteration: int
    figures: dict[str, float | None]


def split_of(recipe: Recipe, corpus: Corpus) -> Split:
    """Return the split that a recipe's protocol, fold and seed make of a corpus.

    Raises:
        ProtocolError: the protocol does not fit the corpus, has no such fold, or trains on nothing.
    """
    splits = protocol(recipe.protocol, corpus, recipe.training.seed)
    if recipe.fold > len(splits):
        raise ProtocolError(
            f"fold {recipe.fold}: protocol {recipe.protocol} has {len(splits)} on corpus {corpus.name}"
        )
    split = splits[recipe.fold - 1]
    if not len(split.train):
        raise ProtocolError(
            f"{split.name}: trains on nothing; set protocol to 60-20-20, 3-fold or partitions"
        )
    return split


def train(
    recipe: Recipe,
    corpus: Corpus,
    split: Split,
    run: str | os.PathLike[str],
    *,
    tracked: Tracked | None = None,
    cache: PictureCache | None = None,
    origin: Sequence[CorpusOrigin] = (),
    command: str = "",
    device: str = "auto",
    devices: int = 1,
    resume: bool = False,
    overwrite: bool = False,
    jobs: int | None = None,
    report: Report | None = None,
) -> Trained:
    """Train a recipe's task.

    Args:
        split: of `corpus`; test rows are not looked at.
        run: folder to write; its files are listed in `run_folder`.
        tracked: the corpus' faces, needed for crops and tracked inputs.
        cache: of the corpus' pictures, for whoever trains several networks on it.
        origin: what to write down of the corpora; by default the corpus' name.
        command: what trains these weights again, for the run's record and the bundle's manifest.
        device: "auto", "cpu" or "cuda".
        devices: how many; each is a process of its own, which runs the whole program from its start.
        resume: go on with the run of this recipe on this corpus.
        overwrite: replace a run in the folder.
        jobs: threads that read pictures.
        report: told of the progress.

    Raises:
        LiveFacsError: one line: the recipe does not fit the corpus or the task, a run stands in the way, the
            loss is no number any more, or a file cannot be read or written.
    """
    folder = RunFolder(run)
    fabric = make_fabric(device, devices, recipe.training.precision)
    if fabric.is_global_zero and not resume:
        check_free(folder, overwrite=overwrite)
    fabric.launch()
    report = report if report is not None and fabric.is_global_zero else Report()
    repeatable_kernels()
    corpus = corpus.with_aus(recipe.data.aus or corpus.aus)
    corpus, split = with_labels_missing(corpus, split, recipe)
    split = sampled(split, corpus, recipe)
    facts = facts_of(corpus, split, recipe.data)
    record = RunRecord(
        recipe=recipe,
        origin=Origin(
            corpora=tuple(origin) or (CorpusOrigin(name=corpus.name),),
            split=split.description,
            rows=(len(split.train), len(split.validation)),
            command=command,
        ),
        facts=facts,
        environment=environment_of(str(fabric.device), devices),
    )
    if resume:
        _check_same(read_record(folder), record, folder)
    task = new_task(recipe, facts)
    training, validation = (
        _read(corpus, rows, what, recipe, facts, tracked, cache, jobs, report)
        for what, rows in (("training pictures", split.train), ("validation pictures", split.validation))
    )
    if recipe.data.adapt:
        training = adapted(training, recipe.data)
    if not resume:
        for line in task.pretrain():
            report.note(line)
    loop = Loop(fabric, task, recipe, training, validation, folder, report)
    seed_torch(recipe.training.seed, Draw.PREPARATION)
    task.prepare(training)
    if resume:
        loop.resume()
    elif fabric.is_global_zero:
        folder.begin(record)
        keep_examples(folder, validation if len(validation) else training)
    fabric.barrier()
    ended = loop.run()
    return Trained(
        run=folder,
        task=task,
        ended=ended,
        interrupted=ended == INTERRUPTED,
        iteration=loop.standing.iteration,
        best_iteration=loop.standing.best_iteration,
        figures=loop.standing.figures,
    )


def new_task(recipe: Recipe, facts: Facts) -> Task:
    """Return a recipe's task with the random weights that belong to its seed."""
    seed_torch(recipe.training.seed, Draw.WEIGHTS)
    return task_named(recipe.task, f"recipe {recipe.name}")(recipe.options, facts, recipe.data)  # type: ignore[arg-type]


def with_labels_missing(corpus: Corpus, split: Split, recipe: Recipe) -> tuple[Corpus, Split]:
    """Return the corpus without the training labels that the recipe has missing; the split says so."""
    how = recipe.data.missing
    if not how.rate:
        return corpus, split
    seed = int(generator(recipe.training.seed, Draw.MISSING).integers(1 << 31))
    masked = mask_labels(corpus, how.rate, seed=seed, rows=split.train, whole_frames=how.whole_faces)
    of_what = "training faces" if how.whole_faces else "training labels of each AU"
    note = f"{100 * how.rate:.0f} % of the {of_what} taken away"
    return masked, dataclasses.replace(split, notes=(*split.notes, note))


def sampled(split: Split, corpus: Corpus, recipe: Recipe) -> Split:
    """Return the split with the rows that the recipe's sampling chooses (`Sampling`)."""
    how, seed = recipe.data.sampling, recipe.training.seed
    if how.kind == "positive":
        return split.with_training(positive_resampling(corpus, split.train, least=how.least, most=how.most))
    if how.kind == "intensity" and how.au is not None:
        draw = int(generator(seed, Draw.SAMPLING).integers(1 << 31))
        chosen = balanced_intensity_sample(corpus, how.au, seed=draw, per_view=how.per_view, rows=split.train)
        split = split.with_training(chosen)
        if len(split.validation):
            chosen = balanced_intensity_sample(
                corpus, how.au, seed=draw + 1, per_view=how.per_view, rows=split.validation
            )
            split = dataclasses.replace(
                split, validation=chosen.rows, notes=(*split.notes, f"to validate, {chosen.description}")
            )
    return split


def _read(
    corpus: Corpus,
    rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    what: str,
    recipe: Recipe,
    facts: Facts,
    tracked: Tracked | None,
    cache: PictureCache | None,
    jobs: int | None,
    report: Report,
) -> Samples:
    with report.reading(f"reading {what}", len(np.unique(rows))) as progress:
        samples = make_samples(
            corpus, rows, recipe.data, facts, tracked, cache=cache, jobs=jobs, progress=progress
        )
    lost = len(np.unique(rows)) - len(samples)
    if lost:
        report.note(f"{what}: {lost} of {lost + len(samples)} show no face that the tracker finds, left out")
    return samples


def keep_examples(run: RunFolder, samples: Samples) -> None:
    """Keep a few inputs, pictures as uint8: an export is checked on them, without the corpus."""
    checkpoint.write_tensors(run.examples, some(samples, EXAMPLES).inputs)


def _check_same(kept: RunRecord, now: RunRecord, run: RunFolder) -> None:
    """Refuse to go on with another recipe or other rows than the run began with."""
    before, after = _flat(encode_recipe(kept.recipe)), _flat(encode_recipe(now.recipe))
    before |= _flat({"split": kept.origin.split, "aus": kept.facts.aus})
    after |= _flat({"split": now.origin.split, "aus": now.facts.aus})
    for corpora, flat in ((kept.origin.corpora, before), (now.origin.corpora, after)):
        flat["corpora"] = [(corpus.name, corpus.manifest) for corpus in corpora]
    for key in {**before, **after}:
        # How pictures are read makes no difference to them.
        if key not in ("data.workers", "data.memory") and before.get(key) != after.get(key):
            raise TrainingError(
                f"run {run}: began with {key} {before.get(key)}, not {after.get(key)}: "
                "resume it with the same recipe, options and corpora, or train into another folder"
            )


def _flat(table: dict[str, Any], at: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{at}{key}.") if isinstance(value, dict) else {f"{at}{key}": value}
    return flat
