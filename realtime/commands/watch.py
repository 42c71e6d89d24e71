"""`livefacs watch`: listen to a running publisher and show what it says."""

from __future__ import annotations

from typing import Annotated

import typer

from realtime.commands.outputs import DEFAULT_ENDPOINT


def watch(
    endpoint: Annotated[str, typer.Argument(help="Endpoint of a running `livefacs run`.")] = DEFAULT_ENDPOINT,
    stream: Annotated[
        str, typer.Option(help="Only this stream, by name; default: whichever speaks.", show_default=False)
    ] = "",
    timeout: Annotated[float, typer.Option(help="Seconds of silence after which to give up.")] = 10.0,
) -> None:
    """Show the results that another `livefacs` publishes on ENDPOINT. Ctrl-C ends it."""
    from rich.console import Console

    from realtime.commands.terminal import make_view
    from realtime.subscribe import subscribe
    from realtime.types import FrameResult

    topic = f"frame.{stream}." if stream else "frame."
    console = Console()
    with (
        subscribe(endpoint, topic, timeout=timeout) as messages,
        make_view(console, None, endpoint) as shown,
    ):
        try:
            for message in messages:
                if isinstance(message, FrameResult):
                    shown.show(message)
        except KeyboardInterrupt:
            return
