"""On which machine a stream goes, and which stream moves when machines join: pure decisions.

Ray places actors by itself, but leaves a machine out only once it has noticed its death, which may take it a
quarter of a minute; and it never moves one that runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster: its id in Ray, how people call it, and what it has."""

    id: str
    name: str
    cpus: float
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class Need:
    """What a stream takes of a machine: cores, share of GPUs, and, unless "", which machine it must be."""

    cpus: float
    gpus: float = 0.0
    node: str = ""

    def fits(self, node: Node, taken: Sequence[Need]) -> bool:
        """Whether a machine has room, on which others are already."""
        if self.node and self.node not in (node.name, node.id):
            return False
        cpus = self.cpus + sum(need.cpus for need in taken)
        gpus = self.gpus + sum(need.gpus for need in taken)
        return cpus <= node.cpus + 1e-9 and gpus <= node.gpus + 1e-9


def choose(need: Need, nodes: Sequence[Node], taken: Mapping[str, Sequence[Need]]) -> Node | None:
    """Return the emptiest machine with room, None if there is none.

    Args:
        need: of the stream.
        nodes: that can be used.
        taken: by the node's id, what runs there.
    """
    fitting = [node for node in nodes if need.fits(node, taken.get(node.id, ()))]
    return min(fitting, key=lambda node: (_load(node, taken), node.id), default=None)


def to_move(streams: Mapping[str, tuple[str, Need]], nodes: Sequence[Node]) -> tuple[str, Node] | None:
    """Return a stream that should move, and where to; None if all is well spread.

    One moves if that leaves its old machine no emptier than the new one was: then nothing moves to and fro.

    Args:
        streams: by name, the id of the node each runs on and what it takes.
        nodes: that can be used.
    """
    known = {node.id: node for node in nodes}
    taken: dict[str, list[Need]] = {node.id: [] for node in nodes}
    for node_id, need in streams.values():
        if node_id in taken:
            taken[node_id].append(need)
    movable = {name: each for name, each in streams.items() if each[0] in known and not each[1].node}
    fullest_first = sorted(movable.items(), key=lambda item: (-_load(known[item[1][0]], taken), item[0]))
    for name, (node_id, need) in fullest_first:
        new = choose(need, [node for node in nodes if node.id != node_id], taken)
        if new is None:
            continue
        share = need.cpus / max(new.cpus, 1e-9)
        if _load(new, taken) + share < _load(known[node_id], taken) - 1e-9:
            return name, new
    return None


def _load(node: Node, taken: Mapping[str, Sequence[Need]]) -> float:
    """Share of a machine's cores that is taken."""
    return sum(need.cpus for need in taken.get(node.id, ())) / max(node.cpus, 1e-9)
