"""A PUB socket that nobody who subscribes can slow down for whoever sends."""

from __future__ import annotations

import itertools
from contextlib import suppress
from threading import Thread

import zmq

from realtime.sinks.endpoints import pair, release

QUEUE = 1024
"""Messages that wait at most while subscriptions are entered: of a camera that sees one face, 17 seconds."""

# A number, and two calls: `send_multipart` does the same in thrice the time.
_MORE = int(zmq.SNDMORE)
_serial = itertools.count()


class PublisherSocket:
    """Takes messages in one thread and publishes them in another, which costs the first less, not more.

    ZeroMQ enters subscriptions, and forgets them, in the thread that sends on the socket: 10,000 long ones
    from a single reader held it up for most of a second. Here that thread runs ZeroMQ's own proxy, without
    Python's lock, and only messages wait for it, `QUEUE` of them at most; further ones are lost.

    Args:
        pub: a bound PUB socket, which is this object's from now on.
    """

    def __init__(self, pub: zmq.Socket[bytes]) -> None:
        address = f"inproc://livefacs-messages-{next(_serial)}"
        self._messages, messages = pub.context.socket(zmq.PUSH), pub.context.socket(zmq.PULL)
        self._messages.sndhwm, messages.rcvhwm = QUEUE, 1  # the two add up
        self._messages.sndtimeo = self._messages.linger = 0
        messages.bind(address)
        self._messages.connect(address)
        self._bell, bell = pair(pub.context)
        self._linger = 0
        self._thread = Thread(
            target=self._serve, args=(messages, pub, bell), name="livefacs-publisher", daemon=True
        )
        self._thread.start()

    def send(self, topic: bytes, payload: bytes) -> None:
        """Publish a message of two parts. Never blocks."""
        if self._takes(topic, _MORE):
            self._messages.send(payload)

    def send_one(self, message: bytes) -> None:
        """Publish a message of one part. Never blocks."""
        self._takes(message)

    def finish(self, linger: int) -> None:
        """Begin to end: what has been sent gets `linger` ms to leave. `wait` for it."""
        self._linger = linger
        with suppress(zmq.Again):
            self._bell.send(b"TERMINATE")

    def wait(self) -> None:
        """Return when everything is sent or lost, and the endpoint free again."""
        self._thread.join()
        for sock in (self._bell, self._messages):
            sock.close(0)

    def _takes(self, part: bytes, flags: int = 0) -> bool:
        """Queue the first part of a message, unless the queue is full."""
        for _ in range(2):
            try:
                self._messages.send(part, flags)
                return True
            except zmq.Again:
                # Sending itself looks no more than once a millisecond whether there is room again.
                self._messages.getsockopt(zmq.EVENTS)
        return False

    def _serve(self, messages: zmq.Socket[bytes], pub: zmq.Socket[bytes], bell: zmq.Socket[bytes]) -> None:
        zmq.proxy_steerable(messages, pub, None, bell)
        with suppress(zmq.Again):
            while True:
                pub.send_multipart(messages.recv_multipart(zmq.NOBLOCK))
        for sock in (messages, bell):
            sock.close(0)
        release([pub], self._linger)
