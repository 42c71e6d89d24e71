"""What the supervisor decides, with actors that a test steers by hand and a real exchange."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime.cameras import Camera
from realtime.fleet import fleet as supervising
from realtime.fleet.exchange import Exchange
from realtime.fleet.fleet import Fleet
from realtime.fleet.placement import Node
from realtime.fleet.serving import Equipment
from realtime.fleet.uplink import Continuation
from realtime.sinks.zeromq import ZeroMQSink


class SteeredActor:
    """A `StreamActor` that is what a test makes of it."""

    made: list[SteeredActor] = []

    def __init__(self, camera: Camera, equipment, line, node: Node, need) -> None:
        self.camera, self.node = camera, node
        self.phase, self.detail, self.lost = "preparing", "", ""
        self.over = self.killed = self.asked_to_stop = False
        self.going: Continuation | None = None
        SteeredActor.made.append(self)

    def look(self, now: float) -> None:
        pass

    def go(self, continuation: Continuation) -> None:
        self.going, self.phase = continuation, "serving"

    def stopped(self) -> bool:
        self.asked_to_stop = True
        return self.over

    def kill(self) -> None:
        self.killed = True


class GivenCluster:
    """Machines that a test adds and removes."""

    def __init__(self, *cores: float) -> None:
        self.machines = [Node(f"id{number}", f"m{number}", each) for number, each in enumerate(cores)]

    def nodes(self) -> list[Node]:
        return self.machines

    def store(self, thing):
        return thing


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Exchange(ZeroMQSink(f"ipc://{tmp_path}/fleet")) as exchange:
        yield exchange


@pytest.fixture
def fleet_of(exchange, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fleet]:
    SteeredActor.made = []
    monkeypatch.setattr(supervising, "StreamActor", SteeredActor)
    monkeypatch.setattr(supervising, "SPREAD_EVERY_S", 0.0)

    def make(cluster: GivenCluster, *names: str, **options) -> Fleet:
        cameras = [Camera(source="x", name=name, cpus=1.0, **options) for name in names]
        fleet = Fleet(cameras, Equipment("b", b"", "t", "cpu", "auto"), exchange, cluster, said.append)
        fleet.open()
        return fleet

    said: list[str] = []
    make.said = said
    return make


def actors() -> list[SteeredActor]:
    return SteeredActor.made


def look_until(fleet: Fleet, truth: Callable[[], bool]) -> None:
    end = time.monotonic() + 5.0
    while not truth():
        assert time.monotonic() < end
        fleet.look()
        time.sleep(0.01)


def test_one_is_told_to_go_once_it_is_ready(fleet_of) -> None:
    fleet = fleet_of(GivenCluster(2.0), "a")
    fleet.look()
    assert actors()[0].going is None
    actors()[0].phase = "ready"
    fleet.look()
    assert actors()[0].going == Continuation(1, 0, 0)
    assert fleet.places() == {"a": "m0"}
    fleet.look()
    assert len(actors()) == 1


def test_the_next_waits_until_the_lost_one_is_certainly_over(fleet_of, exchange) -> None:
    fleet = fleet_of(GivenCluster(2.0, 2.0), "a")
    fleet.look()
    old = actors()[0]
    old.phase = "ready"
    fleet.look()
    old.lost = "no answer"
    fleet.look()
    new = actors()[1]
    assert new.node != old.node
    assert exchange.statuses()["a"].state == "reconnecting"
    new.phase = "ready"
    fleet.look()
    assert new.going is None
    old.over = True
    fleet.look()
    assert new.going is not None and new.going.epoch == 2
    assert fleet_of.said.count("a: runs on m0") == 1


def test_where_no_machine_has_room_it_waits_and_says_so_once(fleet_of, exchange) -> None:
    cluster = GivenCluster(1.0)
    fleet = fleet_of(cluster, "a", "b")
    for _ in range(5):
        fleet.look()
    assert len(actors()) == 1
    assert exchange.statuses()["b"].state == "connecting"
    assert fleet_of.said == ["b: waits for a machine with 1 free cores"]
    cluster.machines.append(Node("id9", "m9", 4.0))
    look_until(fleet, lambda: len(actors()) == 2)
    assert actors()[1].node.id == "id9"


def test_a_crash_starts_it_anew_and_a_failure_ends_it(fleet_of, exchange) -> None:
    fleet = fleet_of(GivenCluster(4.0), "a", "b")
    fleet.look()
    for actor in actors():
        actor.phase = "ready"
    fleet.look()
    crashed, failed = actors()
    crashed.phase, crashed.detail = "crashed", "ZeroDivisionError: ours"
    failed.phase, failed.detail = "failed", "x does not exist"
    fleet.look()
    assert crashed.killed and failed.killed
    assert fleet.failures == {"b": "x does not exist"}
    assert exchange.statuses()["b"].state == "ended"
    fleet.look()
    assert len(actors()) == 2  # not at once: what crashes as soon as it starts must not keep a core busy
    look_until(fleet, lambda: len(actors()) == 3)
    assert actors()[2].camera.name == "a"
    assert not fleet.done
    actors()[2].phase = "ready"
    fleet.look()
    actors()[2].phase = "ended"
    fleet.look()
    assert fleet.done


def test_a_move_that_fails_leaves_the_stream_where_it_is(fleet_of) -> None:
    cluster = GivenCluster(2.0)
    fleet = fleet_of(cluster, "a", "b")
    fleet.look()
    for actor in actors():
        actor.phase = "ready"
    fleet.look()
    cluster.machines.append(Node("id9", "m9", 2.0))
    look_until(fleet, lambda: len(actors()) == 3)
    moving = actors()[2]
    stays = next(actor for actor in actors()[:2] if actor.camera is moving.camera)
    moving.lost = "no answer"
    for _ in range(3):
        fleet.look()
    assert len(actors()) == 3  # that machine is left alone for a while
    assert not stays.asked_to_stop and fleet.places()[moving.camera.name] == "m0"


def test_closing_asks_all_to_end(fleet_of) -> None:
    fleet = fleet_of(GivenCluster(2.0), "a", "b")
    fleet.look()
    for actor in actors():
        actor.over = True
    fleet.close()
    assert all(actor.asked_to_stop for actor in actors())
