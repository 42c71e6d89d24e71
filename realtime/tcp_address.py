"""Where something is served: `HOST:PORT`, or a port of this machine."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):)?([0-9]{1,5})")


@dataclass(frozen=True)
class TcpAddress:
    """A host and a port; port 0 is any free one."""

    host: str
    port: int

    @property
    def reachable_from_outside(self) -> bool:
        """Whether other machines may get there."""
        return not is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether a host, a number without brackets or a name, is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse(text: str) -> TcpAddress:
    """Return what `HOST:PORT` or a bare port (of 127.0.0.1) says; IPv6 hosts in brackets.

    Raises ValueError with one line.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[2]) > 65535:
        raise ValueError(f"{text!r}: not an address; write HOST:PORT or a port, such as 9464")
    return TcpAddress((found[1] or "127.0.0.1").strip("[]"), int(found[2]))
