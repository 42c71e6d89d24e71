"""`livefacs bundle`: look into model bundles and check them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engines.bundle import Bundle

app = typer.Typer(no_args_is_help=True, help="Look into model bundles and check them.")

BundlePath = Annotated[
    Path | None,
    typer.Argument(metavar="BUNDLE", help="A bundle folder or .zip; default: the built-in one."),
]


@app.command()
def show(path: BundlePath = None) -> None:
    """Print what a bundle gives, wants and was trained on."""
    from realtime.assembly import open_bundle

    with open_bundle(path) as bundle:
        for subject, text in _about(bundle):
            typer.echo(f"{subject:<13}{text}")


@app.command()
def verify(path: BundlePath = None) -> None:
    """Check a bundle's manifest, hashes and networks; exit status 2 if anything is wrong."""
    from realtime.assembly import open_bundle

    with open_bundle(path) as bundle:
        for precision in bundle.precisions:
            bundle.verify_models(run=True, precision=precision)
        counts = {
            "file": bundle.manifest.files,
            "pose group": bundle.manifest.pose_groups,
            "Action Unit": bundle.aus,
            "expression": bundle.expressions,
        }
        parts = [f"{len(of)} {what}{'s' * (len(of) != 1)}" for what, of in counts.items() if of]
        typer.echo(f"{bundle.id}: {', '.join(parts)}: all as declared")


def _about(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """What there is to say of a bundle: subject and text, line by line."""
    manifest = bundle.manifest
    yield "bundle", f"{bundle.id}: {manifest.description}"
    yield "path", str(bundle.path)
    yield "licence", manifest.licence
    yield "action units", " ".join(manifest.aus) or "none"
    yield "expressions", " ".join(manifest.expressions) or "none"
    yield "inputs", ", ".join(f"{name} ({spec.kind})" for name, spec in manifest.inputs.items())
    for group in manifest.pose_groups:
        ranges = [
            f"{axis} {limits[0]:g}° to {limits[1]:g}°"
            for axis, limits in (("pitch", group.pitch), ("yaw", group.yaw))
            if limits is not None
        ]
        offered = ", ".join(group.outputs.offered)
        yield "pose group", f"{group.name}: {', '.join(ranges) or 'any pose'}; {group.model} gives {offered}"
    for precision, forms in manifest.precisions.items():
        yield "precision", f"{precision}: {', '.join(forms.values())}"
    if manifest.resting_share:
        yield "calibration", f"takes at most {manifest.resting_share:.0%} of a score's range for rest"
    training = manifest.training
    for subject in ("corpus", "recipe", "date", "data_card"):
        if text := getattr(training, subject):
            yield subject.replace("_", " "), text
    for metric in manifest.metrics:
        yield "metric", f"{metric.name}: {metric.value:g} ({metric.protocol})"
