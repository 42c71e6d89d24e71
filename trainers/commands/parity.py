"""`livefacs parity`: how far two forms of a bundle are apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.face_model_options import FaceModel, Offline
from trainers.commands.tracking_options import Jobs, TrackedFile


def parity(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle folder or .zip.", show_default=False)
    ],
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS",
            help="Labelled faces: a folder that `livefacs corpus make` wrote, or NAME:FOLDER of a "
            "licensed corpus.",
            show_default=False,
        ),
    ],
    a: Annotated[str, typer.Option("--a", metavar="FORM", help="What is measured against.")] = "fp32",
    b: Annotated[str, typer.Option("--b", metavar="FORM", help="What is measured.")] = "int8",
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="For the form torch: the folder that `livefacs train` wrote and BUNDLE was exported from.",
            show_default=False,
        ),
    ] = None,
    jobs: Jobs = None,
    tracked: TrackedFile = None,
    face_model: FaceModel = None,
    offline: Offline = False,
) -> None:
    """Run two forms of BUNDLE on the faces of CORPUS and tell how far apart they are.

    A form is a precision of the bundle's networks (fp32, int8), what runs them (onnxruntime, on a GPU
    tensorrt or onnxruntime-cuda), or torch: the networks of the training run that BUNDLE was exported from,
    which shows whether the export kept what was trained. All get the same crops and the same other inputs.

    Told are the largest and the mean difference of every kind of score, and the change of the mean ICC(3,1)
    and F1 over AUs. Exit status 1 if a change is above the bundle's limits ([parity] in bundle.toml, 0.005
    each unless it says otherwise).

    Examples:

    - `livefacs parity my-head-int8 my-corpus --a fp32 --b int8`
    - `livefacs parity my-head my-corpus --a torch --b fp32 --run my-run`
    """
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from realtime.assembly import open_bundle
    from realtime.errors import OptionError
    from realtime.tracking.face_model import face_model as find_face_model
    from trainers.commands.corpus_folder import train_extra
    from trainers.commands.evaluate import comparable
    from trainers.commands.finding_faces import faces_of_rows
    from trainers.commands.named_corpora import read_corpus
    from trainers.commands.progress_bars import progress_bars

    with train_extra(), open_bundle(bundle) as opened:
        from trainers.compiling.forms import TORCH, engines_of
        from trainers.compiling.parity import compare
        from trainers.evaluation import predict

        if run is not None and TORCH not in (a, b):
            raise OptionError(f"--run {run}: only the form torch reads it: add --a torch or --b torch")
        forms = {form: engines_of(opened, form, run) for form in (a, b)}
        faces_of, _ = read_corpus(corpus)
        faces_of = comparable(faces_of, opened, None)
        model = find_face_model(face_model, offline=offline)
        with progress_bars() as bar:
            faces = faces_of_rows(faces_of, np.arange(len(faces_of)), model, tracked, jobs, bar)
            said = [
                predict(
                    opened,
                    faces_of,
                    faces,
                    engine_of=forms[form],
                    progress=bar(f"scoring: {form}", len(faces_of)),
                )
                for form in (a, b)
            ]
        report = compare(faces_of, said[0], said[1], opened.manifest.parity)
    console = Console(highlight=False, soft_wrap=True)
    table = Table("score", "largest difference", "mean difference")
    for kind, apart in report.apart.items():
        table.add_row(kind, f"{apart.largest:.2g}", f"{apart.mean:.2g}")
    console.print(table)
    for worth in report.worth:
        verdict = "within" if worth.held else "ABOVE"
        console.print(
            f"{worth.name}: {worth.a:.4f} with {a}, {worth.b:.4f} with {b}: "
            f"{worth.change:+.4f}, {verdict} the limit of {worth.limit:g}"
        )
    console.print(f"{report.faces} faces of {faces_of.name}")
    raise typer.Exit(0 if report.passed else 1)
