"""Which messages a result and a status become, wherever they are sent."""

from __future__ import annotations

import re
import time
from abc import abstractmethod

from realtime.errors import SinkError
from realtime.sinks.sink import Sink
from realtime.types import FaceUpdate, FrameResult, Header, StreamStatus

Message = FrameResult | FaceUpdate | StreamStatus

_STREAM_NAME = re.compile(r"[A-Za-z0-9_-]+")


class MessageSink(Sink):
    """Sends `frame.`, `face.` and `status.` messages; `docs/wire-format.md` describes them.

    `write` sets the result's `t_publish` in place, so that sinks after this one record what was sent;
    `status` sets the status' `t`.
    """

    def write(self, result: FrameResult) -> None:
        """Send a frame's result and one message per face."""
        stream = _checked(result.stream)
        result.t_publish = time.monotonic()
        self._send(f"frame.{stream}.", result)
        if not result.faces:
            return
        header = {name: getattr(result, name) for name in Header.__struct_fields__}
        for face in result.faces:
            header["t_publish"] = time.monotonic()
            self._send(f"face.{stream}.{face.track_id}.", FaceUpdate(**header, face=face))

    def status(self, status: StreamStatus) -> None:
        """Send a stream's status."""
        stream = _checked(status.stream)
        status.t = time.monotonic()
        self._send(f"status.{stream}.", status)

    @abstractmethod
    def _send(self, topic: str, message: Message) -> None:
        """Encode a message and send it under its topic."""


def _checked(stream: str) -> str:
    """Return the stream's name if it can be part of a topic; a dot or NUL in it would break the prefixes."""
    if not _STREAM_NAME.fullmatch(stream):
        raise SinkError(f"stream name {stream!r}: cannot be published; use letters, digits, - and _ only")
    return stream
