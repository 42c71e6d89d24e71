"""`livefacs cameras`: which cameras there are, and what to type for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from realtime.sources.webcam import Camera, Mode


def cameras(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON, for programs.")] = False,
) -> None:
    """List the cameras of this machine and what each offers; exit status 1 if there are none.

    What is printed behind a camera can be asked for: `livefacs run "webcam:0?size=1280x720&fps=30"`, in
    quotes. Without that, 30 pictures a second of 640x480 to 1280x720 are taken if the camera has them.
    """
    from realtime.commands.camera_check import camera_finding, no_camera
    from realtime.sources.webcam import list_cameras

    found = list_cameras()
    if as_json:
        import msgspec

        typer.echo(msgspec.json.format(msgspec.json.encode([_as_json(camera) for camera in found])))
        raise typer.Exit(0 if found else 1)
    for camera in found:
        finding = camera_finding(camera)
        typer.echo(finding.text)
        if finding.mend:
            typer.echo(f"    -> {finding.mend}")
        if camera.stable:
            typer.echo(f"    the same camera whatever its number: {camera.stable}")
        for line in mode_lines(camera):
            typer.echo(f"    {line}")
    if not found:
        finding = no_camera()
        typer.echo(f"{finding.text}; {finding.mend}")
        raise typer.Exit(1)


def mode_lines(camera: Camera) -> list[str]:
    """A line for each format: its sizes, each with the rates it comes in."""
    from realtime.sources.webcam.modes import rate_text

    formats: dict[str, dict[tuple[int, int], list[Mode]]] = {}
    for mode in camera.modes:
        formats.setdefault(mode.format, {}).setdefault((mode.width, mode.height), []).append(mode)
    lines = []
    for name, sizes in formats.items():
        parts = []
        for (width, height), modes in sizes.items():
            fastest = max((mode.fps for mode in modes if mode.fps is not None), default=None)
            parts.append(f"{width}x{height}" + (f"@{rate_text(fastest)}" if fastest else ""))
        lines.append(f"{name:<8} {' '.join(parts)}")
    return lines


def _as_json(camera: Camera) -> dict[str, object]:
    modes = [
        {
            "format": mode.format,
            "width": mode.width,
            "height": mode.height,
            "fps": None if mode.fps is None else round(float(mode.fps), 3),
        }
        for mode in camera.modes
    ]
    return {
        "spec": camera.spec,
        "name": camera.name,
        "address": camera.address,
        "stable": camera.stable,
        "obstacle": camera.obstacle,
        "modes": modes,
    }
