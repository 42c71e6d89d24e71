"""The machines of a fleet, as Ray knows them."""

from __future__ import annotations

import logging
import os
import socket
import time
from typing import Any

from realtime.errors import LiveFacsError
from realtime.fleet.placement import Node
from realtime.openable import Openable

LOOK_EVERY_S = 1.0
REACHED_WITHIN_S = 5.0


class Cluster(Openable):
    """Joins a Ray cluster, or makes one of this machine.

    Args:
        address: of the cluster, `HOST:6379`, or `auto` for the one this machine is part of; None makes one of
            this machine alone.
    """

    def __init__(self, address: str | None = None) -> None:
        self._address = address
        self._ray: Any = None
        self._nodes: list[Node] = []
        self._looked = float("-inf")

    def open(self) -> None:
        """Join. Raises LiveFacsError with one line if Ray is not installed or the cluster out of reach."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray reports to its makers unless told not to
        try:
            import ray
        except ImportError:
            raise LiveFacsError('fleets need Ray: pip install "livefacs[fleet]"') from None
        if self._address not in (None, "auto"):
            _reach(str(self._address))
        try:
            quiet = {"namespace": "livefacs", "log_to_driver": False, "logging_level": logging.ERROR}
            if self._address is None:
                ray.init(address="local", include_dashboard=False, **quiet)
            else:
                ray.init(address=self._address, **quiet)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise _unreachable(self._address or "of this machine", str(error)) from None
        self._ray = ray

    def close(self) -> None:
        """Leave, or end the one that was made. Safe to call twice."""
        if self._ray is not None:
            self._ray.shutdown()
            self._ray = None

    def store(self, thing: Any) -> Any:
        """Put something where every machine can fetch it; return the reference."""
        return self._ray.put(thing)

    def nodes(self) -> list[Node]:
        """The machines that are alive, as far as Ray knows, at most a second old."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            self._nodes = [_node(each) for each in self._ray.nodes() if each["Alive"]]
            names = [node.name for node in self._nodes]
            if len(set(names)) < len(names):  # several on one machine, as in tests
                self._nodes = [
                    Node(node.id, f"{node.name}#{node.id[:6]}", node.cpus, node.gpus) for node in self._nodes
                ]
        return self._nodes

    def own_address(self) -> str:
        """The address of this machine that the others can reach."""
        if self._address is None:
            return "127.0.0.1"
        return str(self._ray.util.get_node_ip_address())


def _reach(address: str) -> None:
    """Raise LiveFacsError if nobody listens there: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED_WITHIN_S).close()
    except (OSError, ValueError) as error:
        raise _unreachable(address, str(error)) from None


def _unreachable(address: str, why: str) -> LiveFacsError:
    line = " ".join(why.split())[:200]
    return LiveFacsError(
        f"cluster {address}: cannot be joined ({line}); start it with `ray start --head`, "
        "or name another --address"
    )


def _node(told: dict[str, Any]) -> Node:
    resources = told["Resources"]
    return Node(
        told["NodeID"],
        told["NodeManagerAddress"],
        float(resources.get("CPU", 0.0)),
        float(resources.get("GPU", 0.0)),
    )
