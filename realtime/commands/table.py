"""`livefacs table`: a recorded run as a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def table(
    recording: Annotated[
        Path, typer.Argument(help="What `livefacs run` wrote with --jsonl or --csv.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write; default: RECORDING.parquet.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Turn RECORDING into a Parquet file, one row for each face in each frame.

    Read it with `pandas.read_parquet`, or read RECORDING itself with `realtime.read_table`.
    """
    from realtime.commands.made_from import made_from
    from realtime.tables import write_parquet

    out = made_from(recording, out, ".parquet", overwrite=overwrite)
    typer.echo(f"{write_parquet(recording, out)} rows in {out}")
