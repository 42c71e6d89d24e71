"""`livefacs watch`: listen to a running publisher and show what it says."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.commands.reader_options import ReaderKeys, ServerKey, until_told_to_end
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT

if TYPE_CHECKING:
    from realtime.subscriber import Message, Subscription

LONGEST_TIMEOUT_S = 1_000_000


def watch(
    endpoint: Annotated[str, typer.Argument(help="Endpoint of a running `livefacs run`.")] = DEFAULT_ENDPOINT,
    stream: Annotated[
        str, typer.Option(help="Only this stream, by name; default: the first to speak.", show_default=False)
    ] = "",
    streams: Annotated[
        bool, typer.Option("--streams", help="Show how every stream is doing, a row for each.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds of silence after which to give up.")] = 10.0,
    keys: ReaderKeys = None,
    server_key: ServerKey = None,
) -> None:
    """Show the results that another `livefacs` publishes on ENDPOINT, until they end or Ctrl-C.

    Examples:

    - `livefacs watch`
    - `livefacs watch tcp://192.0.2.9:5560 --keys keys/desk.key_secret --server-key door.key`
    """
    with until_told_to_end():
        if streams:
            _watch_streams(endpoint, timeout, keys, server_key)
        else:
            _watch(endpoint, stream, timeout, keys, server_key)


def _watch_streams(endpoint: str, timeout: float, keys: Path | None, server_key: Path | None) -> None:
    from realtime.commands.streams_view import make_streams_view
    from realtime.commands.terminal import console_for
    from realtime.subscriber import subscribe
    from realtime.types import FrameResult, StreamStatus

    states: dict[str, str] = {}
    with (
        subscribe(endpoint, "", _checked(timeout), keys=keys, server_key=server_key) as messages,
        make_streams_view(console_for(sys.stdout), ()) as shown,
    ):
        for message in _showable(messages):
            if shown.gone:
                return
            if isinstance(message, FrameResult):
                shown.show(message)
            elif isinstance(message, StreamStatus):
                shown.note(message)
                states[message.stream] = message.state
                if set(states.values()) == {"ended"}:
                    return


def _watch(endpoint: str, stream: str, timeout: float, keys: Path | None, server_key: Path | None) -> None:
    from realtime.commands.terminal import console_for, make_view
    from realtime.subscriber import subscribe
    from realtime.types import FrameResult, StreamStatus

    console = console_for(sys.stdout)
    last = ""
    with (
        subscribe(endpoint, "", _checked(timeout), keys=keys, server_key=server_key) as messages,
        make_view(console, None, endpoint) as shown,
    ):
        for message in _of_one_stream(_showable(messages), stream, timeout, endpoint):
            if shown.gone:
                return
            if isinstance(message, FrameResult):
                shown.show(message)
            elif isinstance(message, StreamStatus):
                if message.state != last and (last or message.state != "live"):
                    shown.say(f"stream {message.stream}: {message.state}")
                last = message.state
                if last == "ended":
                    return


def _checked(timeout: float) -> float:
    from realtime.errors import OptionError

    if not 0 < timeout <= LONGEST_TIMEOUT_S:  # also refuses nan
        raise OptionError(f"--timeout {timeout:g}: must be above 0 seconds and at most {LONGEST_TIMEOUT_S}")
    return timeout


def _showable(messages: Subscription) -> Iterator[Message]:
    """The messages, none of which may steer the terminal. Raises SourceError at the first that could."""
    import msgspec

    from realtime.errors import SourceError

    for message in messages:
        if not all(text.isprintable() for text in _texts(msgspec.to_builtins(message))):
            raise SourceError(
                f"{messages.endpoint}: sends names that cannot be shown; choose another endpoint"
            )
        yield message


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _of_one_stream(
    messages: Iterator[Message], stream: str, timeout: float, endpoint: str
) -> Iterator[Message]:
    """The messages of `stream`, or of the first to speak. Raises SourceError if only others speak."""
    from realtime.errors import SourceError

    others = set()
    heard = time.monotonic()
    for message in messages:
        stream = stream or message.stream
        if message.stream == stream:
            heard = time.monotonic()
            yield message
            continue
        others.add(message.stream)
        if time.monotonic() - heard > timeout:
            raise SourceError(
                f"{endpoint}: no message of stream {stream!r} for {timeout:g} s;"
                f" heard were {', '.join(sorted(others))}"
            )
