"""A served stream as the supervisor sees it: an actor of Ray, its lease, and whether it is still there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from realtime.fleet.placement import Need, Node
from realtime.fleet.serving import LEASE_S, Equipment, Report, ServedStream
from realtime.fleet.uplink import Continuation, Line

if TYPE_CHECKING:
    from realtime.cameras import Camera

RENEW_EVERY_S = 0.5
ANSWERS_WITHIN_S = 1.5
"""Seconds in which a stream that has once answered must do so again; beyond that it is taken for lost."""
STARTS_WITHIN_S = 30.0
"""Seconds in which one that was placed must answer for the first time."""
MARGIN_S = 0.3
"""Added to a lease that was not taken back, for the clocks and the guard's pace."""


class StreamActor:
    """Starts a stream on a machine and keeps its lease up.

    Attributes:
        node: where it was placed.
        report: its last one, None before the first.
        lost: why it is taken for lost, "" as long as it is not.
    """

    def __init__(self, camera: Camera, equipment: Any, line: Line, node: Node, need: Need) -> None:
        """Start it. `equipment` is a reference to an `Equipment` in Ray's store."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        self.node = node
        self.report: Report | None = None
        self.lost = ""
        self._ray = ray
        options = {
            "num_cpus": need.cpus,
            "num_gpus": need.gpus,
            "max_restarts": 0,
            "max_concurrency": 4,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=False),
        }
        self._actor = ray.remote(**options)(_Remote).remote(camera, equipment, line)
        self._sent = time.monotonic()
        self._answer = self._actor.renew.remote()
        self._stopping: Any = None

    @property
    def phase(self) -> str:
        """Of its last report, "" before the first."""
        return self.report.phase if self.report else ""

    @property
    def detail(self) -> str:
        """Of its last report: why it failed or crashed."""
        return self.report.detail if self.report else ""

    def look(self, now: float) -> None:
        """Take what has been answered, notice a silence, renew the lease. Never blocks."""
        if self.lost:
            return
        if self._answer is not None and self._ray.wait([self._answer], timeout=0)[0]:
            answer, self._answer = self._answer, None
            try:
                self.report = self._ray.get(answer)
            except self._ray.exceptions.RayError as error:
                self._lose(_first_line(error))
                return
        patience = ANSWERS_WITHIN_S if self.report else STARTS_WITHIN_S
        if self._answer is None:
            if now - self._sent >= RENEW_EVERY_S:
                self._sent = now
                self._answer = self._actor.renew.remote()
        elif now - self._sent > patience:
            self._lose(f"no answer for {patience:g} s")

    def go(self, continuation: Continuation) -> None:
        """Tell it to open its camera and serve."""
        self._actor.go.remote(continuation)

    def stopped(self) -> bool:
        """Ask it to end in good order, at the first call; return whether it has. Never blocks."""
        if self.over:
            return True
        if self._stopping is None:
            self._stopping = self._actor.stop.remote()
        if not self._ray.wait([self._stopping], timeout=0)[0]:
            return False
        try:
            ended = bool(self._ray.get(self._stopping))
        except self._ray.exceptions.RayError as error:
            self._lose(_first_line(error))
            return False
        if not ended:
            self._lose("it does not end")
        return ended

    @property
    def over(self) -> bool:
        """Whether it certainly reads no camera and sends nothing any more."""
        if self.lost:
            return time.monotonic() > self._sent + LEASE_S + MARGIN_S
        return self.phase in ("ended", "failed", "crashed")

    def kill(self) -> None:
        """End its process, if it can be reached."""
        self._ray.kill(self._actor, no_restart=True)

    def _lose(self, why: str) -> None:
        self.lost = why
        self.kill()


class _Remote(ServedStream):
    """A `ServedStream` that knows where Ray runs it."""

    def __init__(self, camera: Camera, equipment: Equipment, line: Line) -> None:
        import ray

        super().__init__(camera, equipment, line, node=ray.get_runtime_context().get_node_id())


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
