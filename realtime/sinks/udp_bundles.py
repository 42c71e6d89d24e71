"""OSC messages over UDP, many in a packet but none longer than a network carries in one piece."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from realtime.errors import SinkError
from realtime.tcp_address import TcpAddress, parse

if TYPE_CHECKING:
    from pythonosc.osc_bundle_builder import OscBundleBuilder
    from pythonosc.osc_message import OscMessage as OscMessageContent

LONGEST = 1400
"""Bytes of a packet."""
_HEAD, _EACH = 16, 4
"""Bytes of a bundle by itself, and of the length before each message."""

OscMessage = tuple[str, Sequence[str | float | int]]
"""Address and arguments."""


class UdpBundles:
    """Sends OSC bundles to one address. Needs the `python-osc` package (`livefacs[osc]`).

    Args:
        address: `HOST:PORT`, or a port of this machine.
        what: what the messages are for, in errors.

    Raises:
        SinkError: that is no address; from `open`: the package is missing, or the host unknown; one line.
    """

    def __init__(self, address: str, what: str) -> None:
        try:
            self.address: TcpAddress = parse(address)
        except ValueError as error:
            raise SinkError(f"{what} {error}") from None
        self._what = what
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Get ready to send."""
        try:
            import pythonosc  # noqa: F401
        except ImportError:
            raise SinkError(f'{self._what} needs a package: pip install "livefacs[osc]"') from None
        try:
            found = socket.getaddrinfo(self.address.host, self.address.port, type=socket.SOCK_DGRAM)
            # Programs of this world listen on IPv4, whatever else `localhost` may be.
            family, kind, _, _, where = min(found, key=lambda one: one[0] != socket.AF_INET)
            self._socket = socket.socket(family, kind)
            self._socket.setblocking(False)
            self._socket.connect(where)
        except OSError as error:
            self.close()
            raise SinkError(
                f"{self._what} {self.address}: cannot be reached ({error.strerror or error}); name another"
            ) from None

    def send(self, messages: Iterable[OscMessage]) -> None:
        """Send messages in order, in as few packets as they fit in. Never blocks: UDP may lose them."""
        if self._socket is None:
            raise RuntimeError("not open")
        bundle, length = _new_bundle(), _HEAD
        for address, arguments in messages:
            message = _message(address, arguments)
            if length + _EACH + message.size > LONGEST and length > _HEAD:
                self._put(bundle)
                bundle, length = _new_bundle(), _HEAD
            bundle.add_content(message)
            length += _EACH + message.size
        if length > _HEAD:
            self._put(bundle)

    def close(self) -> None:
        """Close the socket. Safe to call twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _put(self, bundle: OscBundleBuilder) -> None:
        assert self._socket is not None
        with suppress(OSError):  # nobody listens there yet, or the buffer is full: the next frame comes soon
            self._socket.send(bundle.build().dgram)


def _new_bundle() -> OscBundleBuilder:
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder

    return OscBundleBuilder(IMMEDIATELY)


def _message(address: str, arguments: Sequence[str | float | int]) -> OscMessageContent:
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build()
