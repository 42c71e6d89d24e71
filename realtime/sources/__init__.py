"""Where frames come from: files, webcams, network streams."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from realtime.errors import OptionError
from realtime.sources.source import Source

if TYPE_CHECKING:
    from realtime.sources.spec import Spec

__all__ = ["Source", "open_source"]


def open_source(
    spec: str,
    *,
    realtime: bool = False,
    name: str | None = None,
    open_timeout: float = 10.0,
    stall_timeout: float = 3.0,
    reconnect: bool = False,
    insist: bool = False,
    max_fps: float | None = None,
    secrets: Collection[str] = (),
) -> Source:
    """Make the source that `spec` names, not opened yet: use it in a `with`, or call its `open()`.

    Args:
        spec: a path to a video or image; `webcam:0`, `webcam:/dev/video2`, `webcam:NAME`, each with
            `?size=1280x720&fps=30&format=mjpeg` as wanted (`realtime.sources.webcam.list_cameras` says what
            there is); an `rtsp://`, `rtsps://`, `http://`,
            `https://` or `udp://` address, with `user:password@` if need be; `browser`, the camera of whoever
            opens the live page; `lavfi:FILTER`, FFmpeg's virtual inputs, for tests.
        realtime: play a file at the speed it was taken, like a camera: `live`, frames may be dropped.
        name: stream name, letters, digits, `-` and `_`. Default: the file's stem, `webcam0`, the URL's host.
        open_timeout: seconds `open()` waits for an answer before it gives up.
        stall_timeout: seconds without a frame after which a live source's `state` is "stalled".
        reconnect: open a camera or stream that is lost again, for as long as it takes. A recording opens or
            fails.
        insist: with `reconnect`, do so from the start: `open()` of a camera or stream that is not there yet
            returns all the same, with `state` "reconnecting" and `detail` saying why.
        max_fps: most frames a second of a live source; the others count as dropped.
        secrets: parts of an address that no message may show, beside the user's name and password, which
            none does.

    Raises:
        SourceError: `spec` is none of these. That it cannot be opened is found out by `open()`.
        OptionError: `name` has other characters, a timeout or `max_fps` is not above 0, `max_fps` is asked of
            a file, which gives every frame, or `insist` goes without `reconnect`.
    """
    # FFmpeg's libraries are loaded with the first source, not with the package.
    from realtime.sources.browser import BrowserSource
    from realtime.sources.file import FileSource
    from realtime.sources.live import LiveSource
    from realtime.sources.reconnecting import ReconnectingSource
    from realtime.sources.spec import parse_spec
    from realtime.sources.webcam.replugged import Replugged

    if name is not None and re.fullmatch(r"[A-Za-z0-9_-]+", name) is None:
        raise OptionError(f"stream name {name!r}: use letters, digits, - and _ only")
    for option, seconds in (("open_timeout", open_timeout), ("stall_timeout", stall_timeout)):
        if not seconds > 0:
            raise OptionError(f"{option} {seconds}: must be above 0 seconds")
    if max_fps is not None and not 0 < max_fps < float("inf"):
        raise OptionError(f"max-fps {max_fps}: must be above 0 frames a second")
    if insist and not reconnect:
        raise OptionError("insist without reconnect: whoever insists from the start reconnects as well")
    parsed: Spec = parse_spec(spec, secrets=secrets)
    if parsed.kind == "browser":
        return BrowserSource(name=name, max_fps=max_fps, stall_timeout=stall_timeout)
    if parsed.kind == "file" and not realtime:
        if max_fps is not None:
            raise OptionError(
                f"max-fps {max_fps:g}: {parsed.label} is a file, which gives every frame; "
                "with --realtime it is played like a camera"
            )
        return FileSource(parsed, name=name, open_timeout=open_timeout)

    replugged = Replugged(parsed)

    def live() -> LiveSource:
        return LiveSource(
            replugged.where(),
            name=name,
            open_timeout=open_timeout,
            stall_timeout=stall_timeout,
            max_fps=max_fps,
        )

    if reconnect and parsed.kind in ("url", "webcam"):
        return ReconnectingSource(live, insist=insist)
    return live()
