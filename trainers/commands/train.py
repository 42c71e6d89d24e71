"""`livefacs train`: a network from a recipe and labelled corpora."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.commands.face_model_options import FaceModel, Offline
from trainers.commands.tracking_options import TRACKED_FOLDER_HELP, Jobs

if TYPE_CHECKING:
    from trainers.training.recipe import Recipe
    from trainers.training.train import Trained

INTERRUPTED = 130
"""Status of a command that Ctrl-C or SIGTERM has stopped and that can go on."""


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe of LiveFACS, such as `baseline/linear`, or the path of a .toml file.",
            show_default=False,
        ),
    ],
    corpus: Annotated[
        list[str],
        typer.Option(
            metavar="DIR",
            help="A folder that `livefacs corpus make` wrote, or NAME:FOLDER of a licensed one, such as "
            "`bp4d:/data/BP4D`. Several are joined, with the AUs they share.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder for the run.", show_default=False)],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a key of the recipe: `--set optimiser.lr=0.001`."
        ),
    ] = None,
    adapt: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="A run of `cycle-attention/cycle-small`: its generator first gives the training pictures of "
            "its source domain the look of the other. Short for `--set data.adapt=RUN`.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, exactly where it was left.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in --out.")] = False,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where to train.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many GPUs (or processes on a CPU).")] = 1,
    jobs: Jobs = None,
    tracked: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=TRACKED_FOLDER_HELP,
            show_default="RUN/tracked",
        ),
    ] = None,
    face_model: FaceModel = None,
    offline: Offline = False,
) -> None:
    """Train a network by RECIPE on labelled corpora and write everything to the folder RUN.

    The run holds the weights (best.safetensors), the recipe with every key spelled out, seed and environment
    (run.toml), losses and figures (metrics.jsonl, curves.png), and what --resume needs (last.safetensors).
    Ctrl-C stops after the batch and keeps everything; the resumed run ends with the same weights as one that
    never stopped. Which people train and which validate is the recipe's `protocol`.

    Examples:

    - `livefacs train baseline/linear --corpus my-corpus --out run`
    - `livefacs train baseline/linear --corpus my-corpus --out run --set training.epochs=5 --set data.size=96`
    - `livefacs train my-recipe.toml --corpus studio --corpus wild --out run --device cuda`
    - `livefacs export run my-bundle`, then `livefacs run webcam:0 --bundle my-bundle`
    """
    from trainers.commands.corpus_folder import train_extra
    from trainers.commands.finding_faces import find_faces
    from trainers.commands.named_corpora import common_aus, joined_corpora, read_corpora

    with train_extra():
        from trainers.training.command_line import train_command
        from trainers.training.devices import in_child_process, make_fabric
        from trainers.training.progress import TerminalReport
        from trainers.training.recipe_files import read_recipe
        from trainers.training.run_folder import RunFolder, check_free
        from trainers.training.samples import needs_faces
        from trainers.training.train import split_of
        from trainers.training.train import train as train_run

        if adapt is not None:
            changes = [*(changes or []), f"data.adapt={adapt}"]
        chosen = read_recipe(recipe, changes or [])
        run = RunFolder(out)
        make_fabric(device, devices, chosen.training.precision)  # refuses before the long work
        if not resume and not in_child_process():
            check_free(run, overwrite=overwrite)
        with TerminalReport() as report:
            parts, origins = read_corpora(corpus)
            aus = chosen.data.aus or common_aus(parts)
            parts = [part.with_aus(aus) for part in parts]
            joined = joined_corpora(parts)
            split = split_of(chosen, joined)
            faces = None
            if needs_faces(chosen.data):
                faces = find_faces(parts, tracked or run.tracked, face_model, offline, jobs, report)
            trained = train_run(
                chosen,
                joined,
                split,
                out,
                tracked=faces,
                origin=origins,
                command=train_command(recipe, [part.name for part in parts], changes or []),
                device=device,
                devices=devices,
                resume=resume,
                overwrite=overwrite,
                jobs=jobs,
                report=report,
            )
    if in_child_process():
        return
    if trained.interrupted:
        again = train_command(
            recipe, corpus, changes or [], out=str(out), tracked=None if tracked is None else str(tracked)
        )
        typer.echo(f"{out}: stopped after iteration {trained.iteration}; go on with: {again} --resume")
        raise typer.Exit(INTERRUPTED)
    _tell(trained, chosen)


def _tell(trained: Trained, recipe: Recipe) -> None:
    """Print how it ended, the figures of the best weights, and what to do with them."""
    figures = {name: value for name, value in trained.figures.items() if "/" not in name}
    words = ", ".join(f"{name} {'–' if value is None else f'{value:.4g}'}" for name, value in figures.items())
    which = (
        f"best weights after iteration {trained.best_iteration} of {trained.iteration}"
        if recipe.training.metric
        else f"weights after iteration {trained.iteration}"
    )
    typer.echo(f"{trained.run}: {trained.ended}; {which}: {words or 'no rows validate'}")
    run = shlex.quote(str(trained.run))
    typer.echo(f"learning curves: {trained.run.curves}; next: livefacs export {run} BUNDLE")
