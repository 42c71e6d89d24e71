"""`livefacs bundle`: look into model bundles and check them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engines.manifest import Manifest

app = typer.Typer(no_args_is_help=True, help="Look into model bundles and check them.")

BundlePath = Annotated[
    Path | None,
    typer.Argument(metavar="BUNDLE", help="A bundle folder or .zip; default: the built-in one."),
]


@app.command()
def show(path: BundlePath = None) -> None:
    """Print what a bundle gives, wants and was trained on."""
    from rich.console import Console

    from realtime.assembly import open_bundle

    with open_bundle(path) as bundle:
        manifest = bundle.manifest
        console = Console(highlight=False, soft_wrap=True)
        console.print(f"[bold]{manifest.name} {manifest.version}[/]  {manifest.description}")
        console.print(f"path         {bundle.path}")
        console.print(f"licence      {manifest.licence}")
        console.print(f"action units {' '.join(manifest.aus)}")
        console.print(f"expressions  {' '.join(manifest.expressions) or 'none'}")
        console.print(f"inputs       {', '.join(f'{n} ({s.kind})' for n, s in manifest.inputs.items())}")
        for line in _group_lines(manifest):
            console.print(line)
        if manifest.training.corpus:
            console.print(f"corpus       {manifest.training.corpus}", markup=False)
        if manifest.training.recipe:
            console.print(f"recipe       {manifest.training.recipe}", markup=False)
        for metric in manifest.metrics:
            console.print(f"metric       {metric.name}: {metric.value:g} ({metric.protocol})", markup=False)


@app.command()
def verify(path: BundlePath = None) -> None:
    """Check a bundle's manifest, hashes and networks; exit status 2 if anything is wrong."""
    from realtime.assembly import open_bundle
    from realtime.heads import Head

    with open_bundle(path) as bundle:
        with Head(bundle):
            pass
        typer.echo(
            f"{bundle.id}: {len(bundle.manifest.files)} files, {len(bundle.manifest.pose_groups)} pose "
            f"groups, {len(bundle.aus)} action units: all as declared"
        )


def _group_lines(manifest: Manifest) -> list[str]:
    lines = []
    for group in manifest.pose_groups:
        ranges = [
            f"{axis} {limits[0]:g}° to {limits[1]:g}°"
            for axis, limits in (("pitch", group.pitch), ("yaw", group.yaw))
            if limits is not None
        ]
        lines.append(
            f"pose group   {group.name}: {', '.join(ranges) or 'any pose'}; {group.model} gives "
            f"{', '.join(group.outputs.offered)}"
        )
    return lines
