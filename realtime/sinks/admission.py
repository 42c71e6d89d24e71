"""Who may connect to a publisher: readers with the right keys, and no more at once than it can bear."""

from __future__ import annotations

import itertools
import logging
import math
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread

import zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from realtime.key_files import KeyPair
from realtime.openable import Openable
from realtime.sinks.allow_list import AllowList
from realtime.sinks.endpoints import Endpoint, bind, context, pair, parse

_log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256
"""Connections to all sockets of a publisher together. Each takes a file descriptor, of which a process has
1024 as a rule, and of which the camera needs one to be opened again."""

HANDSHAKE_S = 5
"""Seconds after which ZeroMQ hangs up on whoever has not introduced itself."""

KEEPALIVE_S = 60
"""Seconds of silence after which a connection is tried, and given up if nobody is there any more."""

MAX_NAMED = 100
"""Refused keys that are logged, each once; whoever makes up more of them fills no disk."""

CHECK_AGAIN_S, WARN_AGAIN_S = 1.0, 60.0
"""Seconds after which, where there are too many, they are counted anew and told of again."""

_ZAP = "inproc://zeromq.zap.01"
_DOMAIN = b"livefacs"
_CONNECTIONS = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | zmq.EVENT_MONITOR_STOPPED
_serial = itertools.count()


@dataclass
class _Watched:
    """A bound socket: where it tells of its connections, and which are open, by file descriptor."""

    events: zmq.Socket[bytes]
    endpoint: Endpoint
    open: set[int] = field(default_factory=set)


class Admission(Openable):
    """Makes and binds a publisher's sockets, and decides in a thread of its own who may connect to them.

    With keys, every socket speaks CURVE, and ZeroMQ asks here about each reader by ZAP (its RFC 27), whose
    one address serves a whole context: hence a context apart from the process' own, where it would answer
    for, or stand in the way of, sockets of the program around it. pyzmq's ThreadAuthenticator is not used:
    "any key" holds for all its domains at once, and on Windows it needs a further package.

    Args:
        keys: the publisher's; None for sockets that are open to whoever reaches them.
        allow: readers who are let in; None for all who know the publisher's public key.
    """

    def __init__(self, keys: KeyPair | None = None, allow: AllowList | None = None) -> None:
        self._keys, self._allow = keys, allow
        self._context = context()
        self._zap: zmq.Socket[bytes] | None = None
        self._bell: zmq.Socket[bytes] | None = None
        self._thread: Thread | None = None
        self._watched: list[_Watched] = []
        self._named: set[bytes] = set()
        self._checked_at = self._warned_at = -math.inf

    def open(self) -> None:
        """Get ready to make sockets."""
        if self._keys is not None:
            self._context = zmq.Context()
            self._zap = self._context.socket(zmq.REP)
            self._zap.linger = 0
            self._zap.bind(_ZAP)

    def socket(self, kind: int, limits: Mapping[str, int]) -> zmq.Socket[bytes]:
        """Return a new socket for `bind`, with ZeroMQ's options; who gets it closes it, before `close`."""
        sock = self._context.socket(kind)
        sock.linger = 0  # a process that dies without `close` must not wait for its subscribers
        sock.handshake_ivl = HANDSHAKE_S * 1000
        sock.tcp_keepalive, sock.tcp_keepalive_idle = 1, KEEPALIVE_S  # finds readers that lost their power
        for option, value in limits.items():
            setattr(sock, option, value)
        if self._keys is not None:
            sock.curve_server = True
            sock.curve_publickey, sock.curve_secretkey = self._keys.public, self._keys.secret
            sock.zap_domain = _DOMAIN
            sock.zap_enforce_domain = True  # else nobody would be asked about, were this thread to end
        return sock

    def bind(self, sock: zmq.Socket[bytes], endpoint: str) -> str:
        """Bind a socket and return its real endpoint. Raises SinkError with one line."""
        real = bind(sock, endpoint)
        address = f"inproc://livefacs-connections-{next(_serial)}"
        sock.monitor(address, _CONNECTIONS)
        events = self._context.socket(zmq.PAIR)
        events.rcvhwm = 0  # a full queue would stop all of ZeroMQ's work, not just these events
        events.connect(address)
        self._watched.append(_Watched(events, parse(real)))
        return real

    def start(self) -> None:
        """Begin to decide; until then readers with keys have to wait."""
        self._bell, bell = pair(context())
        self._thread = Thread(target=self._serve, args=(bell,), name="livefacs-admission", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop deciding. Safe to call twice."""
        if self._bell is not None and self._thread is not None:
            with suppress(zmq.Again):
                self._bell.send(b"")
            self._thread.join()
            self._bell.close(0)
        self._bell = self._thread = None
        for one in self._watched:
            one.events.close(0)
        self._watched.clear()
        if self._zap is not None:
            self._zap.close(0)
            self._zap = None
            self._context.destroy(0)

    def _serve(self, bell: zmq.Socket[bytes]) -> None:
        poller = zmq.Poller()
        by_socket = {one.events: one for one in self._watched}
        for sock in filter(None, (bell, self._zap, *by_socket)):
            poller.register(sock, zmq.POLLIN)
        while bell not in (ready := dict(poller.poll())):
            if self._zap in ready and self._zap is not None:
                self._zap.send_multipart(self._verdict(*self._zap.recv_multipart()))
            for sock in by_socket.keys() & ready.keys():
                event = parse_monitor_message(sock.recv_multipart())
                if event["event"] == zmq.EVENT_MONITOR_STOPPED:
                    poller.unregister(sock)
                else:
                    self._count(by_socket[sock], event["event"], event["value"])
        bell.close(0)

    def _verdict(
        self, version: bytes, number: bytes, domain: bytes, address: bytes, *about: bytes
    ) -> list[bytes]:
        """The answer to a ZAP request; `about` is the reader's name, the mechanism and its credentials."""
        match about:
            case [_, b"CURVE", key] if domain == _DOMAIN:
                allowed = self._allow is None or key in self._allow
                if not allowed:
                    self._name_refused(key, address.decode(errors="replace"))
            case _:
                allowed = False
        status, text = (b"200", b"OK") if allowed else (b"400", b"not allowed")
        return [version, number, status, text, b"", b""]

    def _name_refused(self, key: bytes, address: str) -> None:
        if self._allow is None or key in self._named or len(self._named) >= MAX_NAMED:
            return
        self._named.add(key)
        _log.warning(
            "a reader from %s is not let in: its public key, %s, is in no .key file in %s",
            *(address, z85.encode(key).decode(), self._allow.folder),
        )

    def _count(self, watched: _Watched, event: int, descriptor: int) -> None:
        if event == zmq.EVENT_DISCONNECTED:
            watched.open.discard(descriptor)
            return
        now = time.monotonic()
        if self._connections() >= MAX_CONNECTIONS and now - self._checked_at >= CHECK_AGAIN_S:
            # Should ZeroMQ have kept an end to itself, nobody would ever get in again.
            self._checked_at = now
            for one in self._watched:
                one.open = {each for each in one.open if _is_connection(each, one.endpoint)}
        if self._connections() < MAX_CONNECTIONS:
            watched.open.add(descriptor)
            return
        refused = _is_connection(descriptor, watched.endpoint, hang_up=True)
        if refused and now - self._warned_at >= WARN_AGAIN_S:
            self._warned_at = now
            _log.warning(
                "%s: %d connections are open, further ones are refused", watched.endpoint, MAX_CONNECTIONS
            )

    def _connections(self) -> int:
        return sum(len(one.open) for one in self._watched)


def _is_connection(descriptor: int, endpoint: Endpoint, *, hang_up: bool = False) -> bool:
    """Whether a descriptor is a connection to an endpoint of ours, which is then closed if so asked.

    By now it may have been closed, and its number taken by a file or another socket.
    """
    try:
        sock = socket.socket(fileno=descriptor)
    except (OSError, ValueError):
        return False
    try:
        ours = _belongs(sock.getsockname(), endpoint)
        if ours and hang_up:
            with suppress(OSError):  # the other side was faster
                sock.shutdown(socket.SHUT_RDWR)
        return ours
    except OSError:
        return False
    finally:
        sock.detach()


def _belongs(name: tuple[str, int] | str | bytes, endpoint: Endpoint) -> bool:
    """Whether a connection's own end, as `getsockname` gives it, is an endpoint of ours."""
    if isinstance(name, tuple):
        return endpoint.scheme == "tcp" and name[1] == endpoint.port
    path = name if isinstance(name, str) else name.replace(b"\0", b"@", 1).decode(errors="replace")
    return endpoint.scheme == "ipc" and path == endpoint.host
