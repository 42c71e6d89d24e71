"""Reads what a publisher sends: typed messages as they come, and answers from its control socket.

for result in subscribe():
    for face in result.faces:
        print(face.track_id, face.au_intensity)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar, overload

import msgspec
import zmq

from realtime.connecting import Connection
from realtime.errors import SourceError
from realtime.schema import TOPICS
from realtime.sinks.default_endpoint import DEFAULT_ENDPOINT
from realtime.sinks.endpoints import beside
from realtime.sinks.replies import REQUESTS, ClockReply, LastReply, Reply, SchemaReply, StreamsReply
from realtime.types import SCHEMA, FaceUpdate, FrameResult, StreamStatus

_File = Path | str | None
Message = FrameResult | FaceUpdate | StreamStatus
T = TypeVar("T")

_DECODERS = {word.encode(): msgspec.msgpack.Decoder(message) for word, message in TOPICS.items()}


class _Probe(msgspec.Struct):
    """What tells whose message this is, also where it is of a format that cannot be decoded."""

    schema: str | None = None
    error: str | None = None
    result: _Probe | None = None


def subscribe(
    endpoint: str = DEFAULT_ENDPOINT,
    topic: str = "frame.",
    timeout: float | None = None,
    newest: bool | str = False,
    *,
    keys: _File = None,
    server_key: _File = None,
) -> Subscription:
    """Connect to a publisher and return an iterator over its messages.

    Args:
        endpoint: the publisher's endpoint.
        topic: beginning of the wanted topics, with the dot at its end: `frame.cam1.` is one stream,
            `face.cam1.3.` one person, `frame.` all streams, "" everything.
        timeout: seconds without a message after which SourceError is raised; None waits for ever
            (ZeroMQ itself says nothing when nobody publishes).
        newest: True to skip whatever came while the reader was busy, from the publisher's newest-only
            endpoint, by default the port after `endpoint`; or that endpoint itself. Then
            subscribe to one topic: of several, only the newest of all is kept.
        keys: this reader's `.key_secret` file, made by `livefacs keys`, where the publisher has keys too;
        server_key: then the publisher's `.key` file.

    Returns:
        An iterator of FrameResult, FaceUpdate or StreamStatus, by topic. Closed by `close`, by `with`, or
        with the last reference to it.

    Raises:
        SourceError: the endpoint is malformed, or a key file is; later, from the iterator: nothing came, the
            keys do not fit, or what came is of a newer format or not LiveFACS'.
    """
    return Subscription(endpoint, topic, timeout, newest, keys, server_key)


class Subscription(Iterator[Message]):
    """An open connection to a publisher; see `subscribe`. Use it from one thread."""

    def __init__(
        self,
        endpoint: str,
        topic: str,
        timeout: float | None,
        newest: bool | str,
        keys: _File = None,
        server_key: _File = None,
    ) -> None:
        if newest:
            try:
                endpoint = newest if isinstance(newest, str) else beside(endpoint, 1, "newest")
            except ValueError as error:
                raise SourceError(str(error)) from None
        self.endpoint = endpoint
        self._topic, self._timeout, self._newest = topic, timeout, bool(newest)
        self._connection = Connection(
            zmq.SUB, endpoint, conflate=self._newest, keys=keys, server_key=server_key
        )
        self._socket = self._connection.socket
        self._socket.subscribe(topic)

    def __next__(self) -> Message:
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            if self._socket.closed:
                raise StopIteration
            wait = None if deadline is None else max(0, round((deadline - time.monotonic()) * 1000))
            if not self._connection.wait(wait):
                raise SourceError(
                    f"{self.endpoint}: no message on topic {self._topic!r} for {self._timeout:g} s;"
                    " check that a publisher runs there, its port and the stream's name"
                )
            topic, payload = self._receive()
            decoder = _DECODERS.get(topic.partition(b".")[0])
            if decoder is not None:  # else a topic added later
                return _decoded(decoder, payload, self.endpoint)

    def close(self) -> None:
        """Close the connection; the iteration then ends. Safe to call twice."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self) -> tuple[bytes, bytes]:
        match self._socket.recv_multipart():
            case [topic, payload] if not self._newest:
                return topic, payload
            case [message] if self._newest and b"\0" in message:
                topic, _, payload = message.partition(b"\0")
                return topic, payload
            case [message] if b"\0" in message:
                raise SourceError(f"{self.endpoint}: sends the newest only; read it with newest=True")
        raise _foreign(self.endpoint)


@overload
def ask(
    control_endpoint: str,
    request: Literal["schema"],
    timeout: float = ...,
    *,
    keys: _File = ...,
    server_key: _File = ...,
) -> SchemaReply: ...
@overload
def ask(
    control_endpoint: str,
    request: Literal["clock"],
    timeout: float = ...,
    *,
    keys: _File = ...,
    server_key: _File = ...,
) -> ClockReply: ...
@overload
def ask(
    control_endpoint: str,
    request: Literal["streams"],
    timeout: float = ...,
    *,
    keys: _File = ...,
    server_key: _File = ...,
) -> StreamsReply: ...
@overload
def ask(
    control_endpoint: str, request: str, timeout: float = ..., *, keys: _File = ..., server_key: _File = ...
) -> Reply: ...
def ask(
    control_endpoint: str,
    request: str,
    timeout: float = 2.0,
    *,
    keys: _File = None,
    server_key: _File = None,
) -> Reply:
    """Ask a publisher's control socket and return its reply.

    Args:
        control_endpoint: the control endpoint, by default the publisher's port plus 2.
        request: `schema`, `clock`, `streams` or `last <stream>`.
        timeout: seconds to wait for the reply.
        keys: the reader's key file, and
        server_key: the publisher's, as for `subscribe`.

    Raises:
        SourceError: nobody answers, the keys do not fit, or the answer is an error, in one line.
    """
    with closing(Connection(zmq.REQ, control_endpoint, keys=keys, server_key=server_key)) as connection:
        with suppress(zmq.Again):  # refused already, as `wait` will tell
            connection.socket.send_string(request, zmq.NOBLOCK)
        if not connection.wait(round(timeout * 1000)):
            raise SourceError(
                f"{control_endpoint}: no answer for {timeout:g} s; check that a publisher runs there and that"
                " this is its control port"
            )
        payload = connection.socket.recv()
    try:
        refusal = msgspec.msgpack.decode(payload, type=_Probe).error
    except msgspec.MsgspecError:
        raise _foreign(control_endpoint) from None
    reply = REQUESTS.get((request.split() or [""])[0])
    if refusal is not None or reply is None:
        raise SourceError(f"{control_endpoint}: {refusal or f'cannot read its answer to {request!r}'}")
    message = _decoded(msgspec.msgpack.Decoder(reply), payload, control_endpoint)
    if isinstance(message, LastReply) and message.result.schema != SCHEMA:
        _refuse_other_formats(payload, control_endpoint)
    return message


def _decoded(decoder: msgspec.msgpack.Decoder[T], payload: bytes, endpoint: str) -> T:
    try:
        message = decoder.decode(payload)
    except msgspec.MsgspecError as error:
        _refuse_other_formats(payload, endpoint)
        raise SourceError(
            f"{endpoint}: sends a message that is not {SCHEMA!r} ({error}); update it"
        ) from None
    if getattr(message, "schema", SCHEMA) != SCHEMA:
        _refuse_other_formats(payload, endpoint)
    return message


def _refuse_other_formats(payload: bytes, endpoint: str) -> None:
    """Raise SourceError unless the payload says that it is of the format this module reads."""
    try:
        probe = msgspec.msgpack.decode(payload, type=_Probe)
    except msgspec.MsgspecError:
        raise _foreign(endpoint) from None
    found = probe.result.schema if probe.result else probe.schema
    if found is None:
        raise _foreign(endpoint)
    if found != SCHEMA:
        raise SourceError(
            f"{endpoint}: sends format {found!r}, this program reads {SCHEMA!r}; update the older of the two"
        )


def _foreign(endpoint: str) -> SourceError:
    return SourceError(f"{endpoint}: sends something other than LiveFACS messages; choose another endpoint")
