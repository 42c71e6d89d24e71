"""Networks that are trained once: what is finished is found again, what was interrupted goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from trainers.protocols import Split
from trainers.reproduction.progress import Bars, RunReport
from trainers.reproduction.request import Material
from trainers.training import checkpoint
from trainers.training.command_line import train_command
from trainers.training.errors import TrainingError
from trainers.training.loading import LoadedRun, load_run
from trainers.training.recipe import Recipe
from trainers.training.recipe_files import encode_recipe
from trainers.training.run_folder import RunFolder, read_record
from trainers.training.standing import Standing
from trainers.training.train import train


class Interrupted(Exception):  # noqa: N818 - a wish of the user, not a fault
    """Ctrl-C or SIGTERM stopped a training, which can go on where it stopped."""


@dataclass(frozen=True)
class Run:
    """A network to be trained.

    Attributes:
        name: of it in bars and lines: "AU04 pose-dependent".
        recipe: how.
        changes: "KEY=VALUE" of the shipped recipe `recipe.name` that make it this one.
        folder: for the run.
    """

    name: str
    recipe: Recipe
    changes: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A run that has ended.

    Attributes:
        run: what was to be trained.
        loaded: what it became.
        standing: how its training went.
    """

    run: Run
    loaded: LoadedRun
    standing: Standing


def train_all(
    runs: Sequence[Run],
    material: Material,
    split: Split,
    bars: Bars,
    *,
    device: str = "auto",
    jobs: int | None = None,
) -> list[TrainedRun]:
    """Train every run that has not ended yet, one after the other, and return all of them.

    Raises:
        Interrupted: a signal asked to stop; the same call goes on.
        LiveFacsError: a run in its folder was trained otherwise, or training fails.
    """
    done = {run.name: _ended(run, material) for run in runs}
    waiting = [run for run in runs if not done[run.name]]
    if len(waiting) < len(runs):
        bars.note(f"{len(runs) - len(waiting)} of {len(runs)} networks are trained already")
    with bars.doing("networks", len(runs), "networks") as progress:
        progress(len(runs) - len(waiting))
        for run in waiting:
            _train(run, material, split, bars, device, jobs)
            progress(1)
    return [TrainedRun(run, load_run(run.folder), _standing(run.folder)) for run in runs]


def command_of(run: Run, material: Material) -> str:
    """Return the command that trains one network again."""
    return train_command(run.recipe.name, [origin.name for origin in material.origins], run.changes)


def _train(run: Run, material: Material, split: Split, bars: Bars, device: str, jobs: int | None) -> None:
    folder = RunFolder(run.folder)
    resume = folder.record.exists() and folder.last.exists()
    report = RunReport(bars, run.name)
    try:
        trained = train(
            run.recipe,
            material.corpus,
            split,
            run.folder,
            tracked=material.tracked,
            cache=material.cache,
            origin=material.origins,
            command=command_of(run, material),
            device=device,
            resume=resume,
            overwrite=not resume,  # one that broke off before its first checkpoint
            jobs=jobs,
            report=report,
        )
    finally:
        report.end()
    if trained.interrupted:
        raise Interrupted(f"{run.name}: stopped after iteration {trained.iteration}")
    standing = _standing(run.folder)
    icc = trained.figures.get("icc")
    agreed = "" if icc is None else f", validation ICC {icc:.3f}"
    bars.note(
        f"{run.name}: {trained.ended} in {standing.seconds:.0f} s; "
        f"best weights after iteration {trained.best_iteration}{agreed}"
    )


def _ended(run: Run, material: Material) -> bool:
    """Tell whether a run has ended.

    Raises:
        TrainingError: it has, but with another recipe or on other corpora.
    """
    folder = RunFolder(run.folder)
    if not (folder.record.exists() and folder.last.exists()) or not _standing(run.folder).ended:
        return False
    record = read_record(folder)
    before, now = _flat(encode_recipe(record.recipe)), _flat(encode_recipe(run.recipe))
    for origins, flat in ((record.origin.corpora, before), (material.origins, now)):
        flat["corpora"] = [(origin.name, origin.manifest) for origin in origins]
    for key in {**before, **now}:
        if before.get(key) != now.get(key):
            raise TrainingError(
                f"run {run.folder}: was trained with {key} {before.get(key)}, not {now.get(key)}: "
                "name another --out, or remove the run to train it again"
            )
    return True


def _standing(folder: Path) -> Standing:
    state = checkpoint.read_state(RunFolder(folder).last)
    return msgspec.convert(state.get("standing", {}), Standing)


def _flat(table: dict[str, Any], at: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{at}{key}.") if isinstance(value, dict) else {f"{at}{key}": value}
    return flat
