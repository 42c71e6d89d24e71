"""`livefacs plot`: a recorded run as a page of charts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plot(
    recording: Annotated[
        Path, typer.Argument(help="What `livefacs run` wrote with --csv or --jsonl.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="HTML file to write; default: RECORDING.html.", show_default=False),
    ] = None,
    faces: Annotated[int, typer.Option(min=1, help="Most faces shown, those longest seen.")] = 8,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Draw RECORDING: Action Units over time, what goes together, and a table, in one HTML file.

    OpenFace's CSV files can be drawn as well.

    Example: `livefacs plot interview.csv -o interview.html`
    """
    from realtime.commands.made_from import made_from
    from trainers.recordings.report import write_report

    out = made_from(recording, out, ".html", overwrite=overwrite)
    shown = write_report(recording, out, most_faces=faces)
    typer.echo(f"{shown} {'face' if shown == 1 else 'faces'} in {out}")
