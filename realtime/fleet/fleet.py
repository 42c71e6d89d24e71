"""The supervisor of a fleet: keeps every stream served by exactly one machine."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from realtime.cameras import Camera
from realtime.fleet.actor import StreamActor
from realtime.fleet.cluster import Cluster
from realtime.fleet.exchange import Exchange
from realtime.fleet.placement import Need, choose, to_move
from realtime.fleet.serving import Equipment
from realtime.openable import Openable
from realtime.sources.backoff import backoff

SUSPECT_S = 30.0
"""Seconds for which a machine on which a stream was lost is left alone: Ray takes as long to notice it."""
SPREAD_EVERY_S = 5.0
"""Seconds between two streams that move to a machine that has joined."""
STOPS_WITHIN_S = 8.0


@dataclass(slots=True)
class _Member:
    """A stream of the fleet: what serves it, and what is to serve it next."""

    camera: Camera
    need: Need
    serving: StreamActor | None = None
    coming: StreamActor | None = None
    epoch: int = 0
    crashes: int = 0
    not_before: float = 0.0
    told: str = ""
    mourned: bool = False
    ended: bool = False


class Fleet(Openable):
    """Runs each camera as an actor of Ray, starts it anew where it is lost, spreads all over the machines.

    A stream is started somewhere else as soon as its actor does not answer, but told to go only when the old
    one has ended or its lease has run out: never is a camera read twice, or a stream published twice.

    Args:
        cameras: with names.
        equipment: sent to every machine.
        exchange: where all results go; must be open.
        cluster: the machines; must be open.
        say: takes lines for people.

    Attributes:
        failures: by stream, why it has ended for good.
        opened: whether it is open.
    """

    def __init__(
        self,
        cameras: Sequence[Camera],
        equipment: Equipment,
        exchange: Exchange,
        cluster: Cluster,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._members = {
            camera.name: _Member(camera, Need(camera.cpus, camera.gpus, camera.node)) for camera in cameras
        }
        self._equipment = equipment
        self._exchange = exchange
        self._cluster = cluster
        self._say = say
        self._stored: Any = None
        self._suspected: dict[str, float] = {}
        self._spread_at = 0.0
        self._draw = random.Random()
        self._stop = threading.Event()
        self.failures: dict[str, str] = {}
        self.opened = False

    def open(self) -> None:
        """Make ready; the cluster and the exchange must be open. The streams begin with `look`."""
        self._stored = self._cluster.store(self._equipment)
        self.opened = True

    def stop(self) -> None:
        """Ask for the end. May be called from any thread or signal handler."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stop.is_set()

    def look(self) -> None:
        """Do what is to be done now; call it several times a second. Never blocks for long."""
        now = time.monotonic()
        for member in self._members.values():
            for actor in (member.serving, member.coming):
                if actor is not None:
                    actor.look(now)
            if not member.ended:
                self._attend(member, now)
        if now >= self._spread_at:
            self._spread_at = now + SPREAD_EVERY_S
            self._spread()

    @property
    def done(self) -> bool:
        """Whether every stream has ended for good."""
        return all(member.ended for member in self._members.values())

    def places(self) -> dict[str, str]:
        """By stream, the machine that serves it now."""
        return {
            name: member.serving.node.name
            for name, member in self._members.items()
            if member.serving is not None and not member.serving.lost
        }

    def close(self) -> None:
        """End every stream in good order, within seconds. Safe to call twice."""
        actors = [a for m in self._members.values() for a in (m.serving, m.coming) if a is not None]
        end = time.monotonic() + STOPS_WITHIN_S
        while actors and time.monotonic() < end:
            for actor in actors:
                actor.look(time.monotonic())
            actors = [actor for actor in actors if not actor.stopped() and not actor.lost]
            time.sleep(0.02)

    # ------------------------------------------------------------------ one stream

    def _attend(self, member: _Member, now: float) -> None:
        self._judge_coming(member, now)
        self._judge_serving(member, now)
        old, coming = member.serving, member.coming
        if member.ended:
            return
        if coming is None and (old is None or old.lost) and now >= member.not_before:
            self._start(member, now)
        elif coming is not None and coming.phase == "ready" and (old is None or old.stopped()):
            if old is not None:
                old.kill()
            member.serving, member.coming, member.mourned = coming, None, False
            member.epoch += 1
            coming.go(self._exchange.continuation(member.camera.name, member.epoch))
            self._tell(member, f"runs on {coming.node.name}")

    def _judge_serving(self, member: _Member, now: float) -> None:
        """Draw the consequences of what is known of the actor that serves."""
        actor = member.serving
        if actor is None:
            return
        if actor.lost and not member.mourned:
            member.mourned = True
            self._suspected[actor.node.id] = now + SUSPECT_S
            self._tell(member, f"{actor.node.name} does not answer ({actor.lost}); started elsewhere")
            self._exchange.tell(member.camera.name, "reconnecting", "its machine was lost; started elsewhere")
        elif actor.phase == "crashed":
            member.serving = None
            self._restart_later(member, actor, now)
        elif actor.phase in ("ended", "failed") and member.coming is None:
            self._end(member, actor)

    def _judge_coming(self, member: _Member, now: float) -> None:
        """The same for the actor that is to serve next."""
        actor = member.coming
        if actor is None:
            return
        if not actor.lost and actor.phase not in ("ended", "failed", "crashed"):
            return
        member.coming = None
        if actor.lost:
            self._suspected[actor.node.id] = now + SUSPECT_S
        elif actor.phase == "crashed":
            self._restart_later(member, actor, now)
        elif member.serving is None or member.serving.lost:
            self._end(member, actor)
        else:  # it was to move; what cannot begin there stays where it is
            actor.kill()

    def _restart_later(self, member: _Member, actor: StreamActor, now: float) -> None:
        actor.kill()
        member.crashes += 1
        member.not_before = now + backoff(member.crashes, 0.0, self._draw)
        self._tell(member, f"crashed on {actor.node.name} ({actor.detail}); started anew")
        self._exchange.tell(member.camera.name, "reconnecting", f"crashed ({actor.detail}); started anew")

    def _end(self, member: _Member, actor: StreamActor) -> None:
        actor.kill()
        member.ended = True
        member.serving = None
        if actor.phase == "failed":
            self.failures[member.camera.name] = actor.detail
            self._exchange.tell(member.camera.name, "ended", actor.detail)

    def _start(self, member: _Member, now: float) -> None:
        nodes = [node for node in self._cluster.nodes() if self._suspected.get(node.id, 0.0) <= now]
        node = choose(member.need, nodes, self._taken())
        if node is None:
            wanted = f"machine {member.need.node}" if member.need.node else "a machine"
            gpus = f" and {member.need.gpus:g} GPU" if member.need.gpus else ""
            why = f"waits for {wanted} with {member.need.cpus:g} free cores{gpus}"
            if member.told != why:
                self._exchange.tell(member.camera.name, "connecting", why)
            self._tell(member, why)
            member.not_before = now + 1.0
            return
        member.coming = StreamActor(member.camera, self._stored, self._exchange.line, node, member.need)

    def _tell(self, member: _Member, what: str) -> None:
        if member.told != what:
            member.told = what
            self._say(f"{member.camera.name}: {what}")

    # ------------------------------------------------------------------ all of them

    def _taken(self) -> dict[str, list[Need]]:
        taken: dict[str, list[Need]] = {}
        for member in self._members.values():
            for actor in (member.serving, member.coming):
                if actor is not None and not actor.lost:
                    taken.setdefault(actor.node.id, []).append(member.need)
        return taken

    def _spread(self) -> None:
        """Move one stream to where there is more room, if that is worth it and nothing else goes on."""
        running = {
            name: (member.serving.node.id, member.need)
            for name, member in self._members.items()
            if member.serving is not None and not member.ended
        }
        settled = all(
            member.ended or (member.serving is not None and not member.serving.lost and member.coming is None)
            for member in self._members.values()
        )
        now = time.monotonic()
        nodes = [node for node in self._cluster.nodes() if self._suspected.get(node.id, 0.0) <= now]
        move = to_move(running, nodes) if settled else None
        if move is None:
            return
        member = self._members[move[0]]
        member.coming = StreamActor(member.camera, self._stored, self._exchange.line, move[1], member.need)
        self._tell(member, f"moves to {move[1].name}")
