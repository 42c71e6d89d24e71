"""What a stream of the fleet publishes on its way to the exchange."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import zmq

from realtime.sinks.endpoints import context, release
from realtime.sinks.messages import Message, MessageSink
from realtime.types import FrameResult, StreamStatus

LAST_WORDS = 500
"""ms that `close` gives the last messages to leave."""
SEND_QUEUE = 256
"""Messages kept while the exchange does not take them; the newest are lost beyond it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where the exchange listens, and the keys to talk to it.

    Attributes:
        endpoint: `tcp://host:port`.
        server_key: the exchange's public key, Z85 text.
        public_key, secret_key: of whoever sends, Z85 text.
    """

    endpoint: str
    server_key: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    secret_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where the numbers of a stream that has moved go on.

    Attributes:
        epoch: how often the stream has been started; the exchange passes on the latest only.
        generation: of the first frame.
        seq: of the first frame.
    """

    epoch: int = 0
    generation: int = 0
    seq: int = 0


FROM_THE_START = Continuation()


class Uplink(MessageSink):
    """Sends `[topic, epoch, payload]` to the exchange, encrypted.

    Args:
        line: to the exchange.

    Attributes:
        continuation: added to the numbers of everything that is sent.
    """

    def __init__(self, line: Line, continuation: Continuation = FROM_THE_START) -> None:
        self.continuation = continuation
        self._line = line
        self._encoder = msgspec.msgpack.Encoder()
        self._pub: zmq.Socket[bytes] | None = None

    def open(self) -> None:
        """Connect; that the exchange is not there yet is no error."""
        line = self._line
        pub = context().socket(zmq.PUB)
        pub.sndhwm = SEND_QUEUE
        pub.linger = 0
        pub.curve_serverkey = line.server_key
        pub.curve_publickey, pub.curve_secretkey = line.public_key, line.secret_key
        pub.connect(line.endpoint)
        self._pub = pub
        self.destination = f"exchange {line.endpoint}"

    def write(self, result: FrameResult) -> None:
        """Send a frame's result and one message per face. Never blocks."""
        result.generation += self.continuation.generation
        result.seq += self.continuation.seq
        super().write(result)

    def status(self, status: StreamStatus) -> None:
        """Send a stream's status. Never blocks."""
        status.generation += self.continuation.generation
        super().status(status)

    def close(self) -> None:
        """Send what is still queued, for at most `LAST_WORDS` ms."""
        pub, self._pub = self._pub, None
        if pub is not None:
            release([pub], LAST_WORDS)

    def _send(self, topic: str, message: Message) -> None:
        if self._pub is None:
            raise RuntimeError("Uplink is not open")
        self._pub.send_multipart(
            [topic.encode(), str(self.continuation.epoch).encode(), self._encoder.encode(message)]
        )
