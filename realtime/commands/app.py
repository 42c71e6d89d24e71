"""What `livefacs` offers, one function per command; each lives in a module of its own."""

from __future__ import annotations

from importlib.metadata import entry_points, version
from typing import Annotated

import typer

from realtime.commands.bundle import app as bundle_app
from realtime.commands.cameras import cameras
from realtime.commands.demo import demo
from realtime.commands.doctor import doctor
from realtime.commands.fleet import fleet
from realtime.commands.keys import keys
from realtime.commands.run import run
from realtime.commands.schema import schema
from realtime.commands.table import table
from realtime.commands.view import view
from realtime.commands.watch import watch

app = typer.Typer(
    name="livefacs",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help=(
        "Read faces live and publish their Action Units, expression and head pose.\n\n"
        "Start with `livefacs demo`, then `livefacs run webcam:0`, and listen with `livefacs watch`."
    ),
)
app.command()(run)
app.command()(fleet)
app.command()(watch)
app.command()(view)
app.command()(table)
app.command()(keys)
app.command()(demo)
app.command()(cameras)
app.command()(doctor)
app.command()(schema)
app.add_typer(bundle_app, name="bundle")
# What builds on this package adds its commands by entry points: `realtime` knows nothing of `trainers`.
for extension in sorted(entry_points(group="livefacs.commands")):
    command = extension.load()
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=extension.name)
    else:
        app.command(extension.name)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"livefacs {version('livefacs')}")
        raise typer.Exit


@app.callback()
def _common(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before any command."""
