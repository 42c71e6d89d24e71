"""`livefacs compile`: other forms of a bundle's networks, for the machine they run on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer


def compile_bundle(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle folder or .zip.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(metavar="NEW", help="The new bundle's folder.", show_default=False)],
    corpus: Annotated[
        list[str],
        typer.Option(
            metavar="DIR",
            help="Labelled faces to calibrate on: a folder that `livefacs corpus make` wrote, or "
            "NAME:FOLDER of a licensed corpus. Several are joined.",
            show_default=False,
        ),
    ],
    check: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="Labelled faces to compare on, likewise.",
            show_default="those not calibrated on",
        ),
    ] = None,
    precision: Annotated[Literal["int8"], typer.Option(help="Of the new networks.")] = "int8",
    force: Annotated[
        bool, typer.Option("--force", help="Write it even if its scores are worth less than allowed.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw of calibration faces.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that look for faces.", show_default="one per core")
    ] = None,
    tracked: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep the faces found in this folder, one .npz per corpus, and read them next time.",
            show_default="nowhere",
        ),
    ] = None,
    face_model: Annotated[
        Path | None, typer.Option(help="Path of face_landmarker.task; default: fetched once and cached.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch models.")] = False,
) -> None:
    """Write a copy of BUNDLE with its networks in eight-bit integers as well.

    `livefacs run` tries once which form is the fastest on its machine, and takes that. The eight-bit networks
    are compared with those of BUNDLE on labelled faces: a change of the mean ICC(3,1) or F1 above the limits
    in bundle.toml ([parity], 0.005 unless it says otherwise) is refused.

    Example:

    - `livefacs compile my-head --corpus my-corpus --out my-head-int8`
    """
    import tempfile
    from contextlib import ExitStack

    from realtime.assembly import open_bundle
    from trainers.commands.corpus_folder import train_extra
    from trainers.commands.evaluate import progress_bars
    from trainers.commands.finding_faces import find_faces
    from trainers.commands.named_corpora import joined_corpora, read_corpora

    with train_extra(), ExitStack() as stack:
        from trainers.compiling.int8_bundle import CompileError, Pictures, add_int8
        from trainers.training.progress import TerminalReport

        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CompileError(f"bundle {out}: exists already: remove it, or write to another folder")
        opened = stack.enter_context(open_bundle(bundle))
        kept = tracked or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livefacs-")))

        def pictures(names: list[str]) -> Pictures:
            parts, _ = read_corpora(names)
            shared = [au for au in opened.aus if all(au in part.aus for part in parts)]
            parts = [part.with_aus(shared) for part in parts]
            with TerminalReport() as report:
                faces = find_faces(parts, kept, face_model, offline, jobs, report)
            return Pictures(joined_corpora(parts), faces)

        calibration = pictures(corpus)
        checked = pictures(check) if check else None
        with progress_bars() as bar:
            report = add_int8(opened, calibration, checked, out, seed=seed, force=force, progress=bar)
    for worth in report.worth:
        typer.echo(f"{worth.name}: {worth.a:.4f} in fp32, {worth.b:.4f} in {precision} ({worth.change:+.4f})")
    typer.echo(f"{out}: written; next: livefacs run webcam:0 --bundle {shlex.quote(str(out))}")
