"""What the control socket answers: one message type per request, part of the wire format."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from realtime.types import FrameResult, StreamStatus

_Ok = Annotated[bool, Meta(description="always true; a reply without `ok` is an error")]


class SchemaReply(Struct, kw_only=True):
    """Answers `schema`: the wire format as JSON Schema."""

    ok: _Ok = True
    schema: Annotated[str, Meta(description="wire format and its version, `livefacs/1`")]
    json_schema: Annotated[dict[str, Any], Meta(description="JSON Schema (2020-12) of every message")]


class ClockReply(Struct, kw_only=True):
    """Answers `clock`: the publisher's clocks, read when the request was answered."""

    ok: _Ok = True
    t: Annotated[float, Meta(description="s, publisher's monotonic clock")]
    wall_offset: Annotated[float, Meta(description="s, add to a monotonic time for Unix time")]


class StreamsReply(Struct, kw_only=True):
    """Answers `streams`: every stream published here, with its latest status."""

    ok: _Ok = True
    streams: Annotated[tuple[StreamStatus, ...], Meta(description="one status per stream")]


class LastReply(Struct, kw_only=True):
    """Answers `last <stream>`: the stream's latest frame message, for readers that join late."""

    ok: _Ok = True
    result: Annotated[FrameResult, Meta(description="the message as it was last published")]


class ErrorReply(Struct, kw_only=True):
    """Answers a request that cannot be answered."""

    error: Annotated[str, Meta(description="one line: what is wrong with the request")]


Reply = SchemaReply | ClockReply | StreamsReply | LastReply

REQUESTS: dict[str, type[Reply]] = {
    "schema": SchemaReply,
    "clock": ClockReply,
    "streams": StreamsReply,
    "last": LastReply,
}
"""First word of a request, and what answers it."""
