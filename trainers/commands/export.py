"""`livefacs export`: the bundle of a training run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A folder that `livefacs train` wrote.", show_default=False)
    ],
    bundle: Annotated[
        Path,
        typer.Argument(metavar="BUNDLE", help="The new bundle's folder, or a .zip.", show_default=False),
    ],
    name: Annotated[
        str | None, typer.Option(help="Lower-case letters, digits, hyphens.", show_default="the recipe's")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Of the bundle.", show_default="the recipe's")] = None,
    description: Annotated[str | None, typer.Option(help="One line.", show_default="the recipe's")] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            help="Of the weights, an SPDX expression; must be said if a corpus is not CC0-1.0.",
            show_default="Apache-2.0",
        ),
    ] = None,
    resting_share: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=0.5,
            help="Most of a score's range that live calibration takes for a person's rest.",
            show_default="the recipe's",
        ),
    ] = None,
) -> None:
    """Make a bundle of RUN's best weights, which `livefacs run --bundle` runs.

    The networks become ONNX files with a free batch axis. Their scores in ONNX Runtime are compared with
    torch's, on faces of the validation rows and on noise; the largest difference stands in the manifest, and
    one above 0.001 is refused.

    Examples:

    - `livefacs export run my-bundle`
    - `livefacs export run my-head.zip --version 1.1.0 --licence LicenseRef-research-only`
    """
    import tempfile

    from engines import pack
    from trainers.commands.corpus_folder import train_extra
    from trainers.training.errors import TrainingError

    zipped = bundle.suffix == ".zip"
    if zipped and bundle.exists():
        raise TrainingError(f"bundle {bundle}: exists already: remove it, or write to another file")
    with train_extra(), tempfile.TemporaryDirectory() as scratch:
        from trainers.training.exporting import export_bundle

        target = Path(scratch) / bundle.stem if zipped else bundle
        made = export_bundle(
            run,
            target,
            name=name,
            version=version,
            description=description,
            licence=licence,
            resting_share=resting_share,
        )
        if zipped:
            pack(target, bundle)
    typer.echo(
        f"{bundle}: {made.bytes / 1e6:.2f} MB of networks; ONNX Runtime against torch: "
        f"{made.difference:.2g} at most, on {made.faces} faces of its corpora and noise"
    )
    typer.echo(f"next: livefacs run webcam:0 --bundle {shlex.quote(str(bundle))}")
