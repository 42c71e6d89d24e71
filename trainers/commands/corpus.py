"""`livefacs corpus`: make corpora of rendered faces, look into them and check them."""

from __future__ import annotations

import typer

from trainers.commands.corpus_checking import check
from trainers.commands.corpus_info import info
from trainers.commands.corpus_making import clip, make
from trainers.commands.corpus_tracking import track

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Make corpora of rendered faces with exact labels, look into them and check them.",
)
for command in (make, clip, info, check, track):
    app.command()(command)
