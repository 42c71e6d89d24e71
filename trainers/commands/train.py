"""`livefacs train`: a network from a recipe and labelled corpora."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trainers.corpora.corpus import Corpus
    from trainers.evaluation import Tracked
    from trainers.training.progress import Report
    from trainers.training.recipe import Recipe
    from trainers.training.run_folder import CorpusOrigin
    from trainers.training.train import Trained

INTERRUPTED = 130


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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in --out, exactly where it was left.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run in --out.")] = False,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda", help="Where to train.")] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="How many GPUs (or processes on a CPU).")] = 1,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that look for faces.", show_default="one per core"),
    ] = None,
    tracked: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep the faces found in this folder, one .npz per corpus, and read them next time.",
            show_default="RUN/tracked",
        ),
    ] = None,
    face_model: Annotated[
        Path | None, typer.Option(help="Path of face_landmarker.task; default: fetched once and cached.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch models.")] = False,
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

    with train_extra():
        from trainers.training.devices import in_child_process, make_fabric
        from trainers.training.progress import TerminalReport
        from trainers.training.recipe_files import read_recipe
        from trainers.training.run_folder import RunFolder, check_free
        from trainers.training.samples import needs_faces
        from trainers.training.train import split_of
        from trainers.training.train import train as train_run

        chosen = read_recipe(recipe, changes or [])
        run = RunFolder(out)
        make_fabric(device, devices, chosen.training.precision)  # refuses before the long work
        if not resume and not in_child_process():
            check_free(run, overwrite=overwrite)
        with TerminalReport() as report:
            parts, origins = read_corpora(corpus, chosen)
            joined = joined_corpora(parts)
            split = split_of(chosen, joined)
            faces = None
            if needs_faces(chosen.data):
                faces = find_faces(parts, tracked or run.tracked, face_model, offline, jobs, report)
            named = _repeated("--corpus", [part.name for part in parts])
            command = shlex.join(["livefacs", "train", recipe, *named, *_repeated("--set", changes or [])])
            trained = train_run(
                chosen,
                joined,
                split,
                out,
                tracked=faces,
                origin=origins,
                command=command,
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
        again = ["livefacs", "train", recipe, *_repeated("--corpus", corpus), "--out", str(out)]
        again += [*_repeated("--set", changes or []), *(["--tracked", str(tracked)] if tracked else [])]
        command = shlex.join([*again, "--resume"])
        typer.echo(f"{out}: stopped after iteration {trained.iteration}; go on with: {command}")
        raise typer.Exit(INTERRUPTED)
    _tell(trained, chosen)


def read_corpora(names: Sequence[str], recipe: Recipe) -> tuple[list[Corpus], list[CorpusOrigin]]:
    """Return the corpora with the AUs to train, and where they came from.

    Raises:
        LiveFacsError: one cannot be read, or they share no AU.
    """
    from trainers.commands.evaluate import read_corpus
    from trainers.corpora.store import MANIFEST_NAME, read_manifest
    from trainers.errors import CorpusError
    from trainers.training.run_folder import CorpusOrigin

    parts, origins = [], []
    for name in names:
        corpus, rendered = read_corpus(name)
        parts.append(corpus)
        folder = Path(name)
        origins.append(
            CorpusOrigin(
                name=corpus.name,
                source=name,
                manifest=hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest()
                if rendered
                else "",
                licence=read_manifest(folder).licence if rendered else "",
            )
        )
    aus = recipe.data.aus or [au for au in parts[0].aus if all(au in part.aus for part in parts)]
    if not aus and any(part.aus for part in parts):
        listed = "; ".join(f"{part.name}: {', '.join(part.aus) or 'none'}" for part in parts)
        raise CorpusError(f"the corpora have no AU in common ({listed}): train on fewer of them")
    return [part.with_aus(aus) for part in parts], origins


def joined_corpora(parts: Sequence[Corpus]) -> Corpus:
    """Return several corpora as one, named after all of them."""
    from trainers.corpora.corpus import join

    return parts[0] if len(parts) == 1 else join(" + ".join(part.name for part in parts), parts)


def find_faces(
    parts: Sequence[Corpus],
    folder: Path,
    face_model: Path | None,
    offline: bool,
    jobs: int | None,
    report: Report,
) -> Tracked:
    """Return the faces of all corpora, one after the other; each corpus' are kept in a file of the folder.

    Raises:
        LiveFacsError: there is no face model, a file fits other pictures, or a picture cannot be read.
    """
    import numpy as np

    from realtime.tracking.face_model import face_model as find_face_model
    from trainers.errors import CorpusError
    from trainers.evaluation import Tracked, track

    model = find_face_model(face_model, offline=offline)
    found = []
    for number, part in enumerate(parts):
        namesakes = sum(other.name == part.name for other in parts[:number])
        kept = folder / f"{part.name}{f'-{namesakes + 1}' if namesakes else ''}.npz"
        if kept.exists():
            found.append(Tracked.load(kept, part, model))
            continue
        with report.reading(f"finding faces in {part.name}", len(part)) as progress:
            faces = track(part, face_model=model, jobs=jobs, progress=progress)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CorpusError(f"folder {folder}: cannot be made ({error.strerror}): name another") from error
        faces.save(kept, part)
        found.append(faces)
    return Tracked(
        found[0].face_model,
        *(
            np.concatenate([getattr(faces, column) for faces in found])
            for column in ("found", "landmarks", "blendshapes", "pose")
        ),
    )


def _repeated(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


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
