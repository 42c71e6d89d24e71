"""`livefacs view`: the live page of a running publisher, or over a recorded run."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.commands.reader_options import ReaderKeys, ServerKey, until_told_to_end
from realtime.commands.stream_options import PageAddress, PageToken, Recordings
from realtime.page.defaults import DEFAULT_ADDRESS, DEFAULT_RECORDINGS
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT

if TYPE_CHECKING:
    from realtime.page.page_sink import PageSink

RECORDED = ".jsonl"


def view(
    target: Annotated[
        str,
        typer.Argument(
            metavar="ENDPOINT|FILE",
            help="Endpoint of a running `livefacs run`, or a .jsonl file that one wrote.",
        ),
    ] = DEFAULT_ENDPOINT,
    video: Annotated[
        Path | None,
        typer.Option(help="The video that FILE was made from, to see it beside.", show_default=False),
    ] = None,
    view_at: PageAddress = None,
    view_token: PageToken = None,
    recordings: Recordings = DEFAULT_RECORDINGS,
    keys: ReaderKeys = None,
    server_key: ServerKey = None,
) -> None:
    """Show results on a page in a browser, live or recorded, until Ctrl-C.

    A publisher sends numbers only: to see the picture as well, start it with `livefacs run --view`.

    Examples:

    - `livefacs view`, while `livefacs run webcam:0` runs
    - `livefacs view interview.jsonl --video interview.mp4`
    """
    from realtime.errors import OptionError

    address = view_at or DEFAULT_ADDRESS
    recorded = target.endswith(RECORDED) or Path(target).is_file()
    if video is not None and not recorded:
        raise OptionError(f"--video {video}: goes with a recorded {RECORDED} file, not with {target}")
    with until_told_to_end():
        if recorded:
            _replay(Path(target), video, address, view_token)
        else:
            _listen(target, address, view_token, recordings, keys, server_key)


def _replay(path: Path, video: Path | None, address: str, token: str | None) -> None:
    from realtime.page.replay import Replay

    with Replay(path, video, address=address, token=token) as replay:
        _say(f"{path.name} at {replay.url}")
        threading.Event().wait()


def _listen(
    endpoint: str,
    address: str,
    token: str | None,
    recordings: Path,
    keys: Path | None,
    server_key: Path | None,
) -> None:
    from realtime.page.page_sink import PageSink
    from realtime.subscriber import subscribe

    with (
        subscribe(endpoint, "", keys=keys, server_key=server_key) as messages,
        PageSink(address, token=token, title=endpoint, pictures=False, recordings=recordings) as page,
    ):
        _say(f"{endpoint} at {page.url}")
        for message in messages:
            _show(page, message)


def _show(page: PageSink, message: object) -> None:
    from realtime.types import FrameResult, StreamStatus

    if isinstance(message, FrameResult):
        page.write(message)
    elif isinstance(message, StreamStatus):
        page.status(message)


def _say(line: str) -> None:
    print(line, flush=True, file=sys.stdout)
