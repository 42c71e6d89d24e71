"""One stream of the fleet without Ray: it waits to be told, serves, and never outlives its lease."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realtime.cameras import Camera
from realtime.fleet import serving
from realtime.fleet.exchange import Exchange
from realtime.fleet.serving import Equipment, ServedStream
from realtime.sinks.zeromq import ZeroMQSink
from realtime.types import FrameResult

PATIENCE = 30.0


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Exchange(ZeroMQSink(f"ipc://{tmp_path}/fleet")) as exchange:
        yield exchange


@pytest.fixture
def equipment(face_model_path: Path) -> Equipment:
    return Equipment("blendshapes", face_model_path.read_bytes(), "native", "cpu", "auto")


def until(truth: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not truth():
        assert time.monotonic() < end
        time.sleep(0.01)


def renewed_until(stream: ServedStream, phase: str) -> None:
    until(lambda: stream.renew().phase == phase)


def camera(clip, **options) -> Camera:
    return Camera(source=str(clip("single_face.mp4")), name="door", max_faces=1, **options)


def test_it_serves_only_once_it_is_told_and_to_the_end(clip, exchange, equipment) -> None:
    stream = ServedStream(camera(clip), equipment, exchange.line, node="n1", lapse=lambda: None)
    renewed_until(stream, "ready")
    time.sleep(0.2)
    assert exchange.results() == {}
    stream.go(exchange.continuation("door", 1))
    renewed_until(stream, "ended")
    until(lambda: exchange.statuses().get("door") is not None)
    until(lambda: exchange.statuses()["door"].state == "ended")
    assert exchange.statuses()["door"].frames == 72
    assert exchange.results()["door"].seq == 71
    assert stream.renew().node == "n1"


def test_stopping_ends_it_in_good_order(clip, exchange, equipment) -> None:
    stream = ServedStream(camera(clip, realtime=True), equipment, exchange.line, lapse=lambda: None)
    renewed_until(stream, "ready")
    stream.go(exchange.continuation("door", 1))
    until(lambda: stream.renew() and "door" in exchange.results())
    assert stream.stop()
    until(lambda: exchange.statuses()["door"].state == "ended")
    assert stream.renew().phase == "ended"


def test_one_that_was_never_told_to_go_ends_too(clip, exchange, equipment) -> None:
    stream = ServedStream(camera(clip), equipment, exchange.line, lapse=lambda: None)
    assert stream.stop(timeout=PATIENCE)
    assert stream.renew().phase == "ended"
    assert exchange.results() == {}


def test_what_cannot_be_opened_has_failed_with_its_line(exchange, equipment) -> None:
    stream = ServedStream(
        Camera(source="no/such.mp4", name="door"), equipment, exchange.line, lapse=lambda: None
    )
    renewed_until(stream, "ready")
    stream.go(exchange.continuation("door", 1))
    renewed_until(stream, "failed")
    assert "no/such.mp4 does not exist" in stream.renew().detail


def test_a_fault_of_ours_is_a_crash(clip, exchange, equipment) -> None:
    broken = Equipment(None, equipment.face_model, "native", "cpu", "auto")
    stream = ServedStream(camera(clip), broken, exchange.line, lapse=lambda: None)
    renewed_until(stream, "crashed")
    assert "TypeError" in stream.renew().detail


def test_a_bundle_travels_as_bytes(clip, exchange, equipment, tmp_path: Path) -> None:
    from realtime.commands.fleet import pack

    bundle = Path(serving.__file__).parents[1] / "bundles" / "blendshapes"
    packed = pack(bundle, None, offline=True, tracker="native", device="cpu", precision="auto")
    assert isinstance(packed.bundle, bytes)
    stream = ServedStream(camera(clip), packed, exchange.line, lapse=lambda: None)
    renewed_until(stream, "ready")
    stream.go(exchange.continuation("door", 1))
    renewed_until(stream, "ended")
    found = exchange.results()["door"]
    assert isinstance(found, FrameResult) and found.model.startswith("blendshapes")


def test_a_lease_that_is_not_renewed_ends_the_process(
    clip, exchange, equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LEASE_S", 0.6)
    lapsed = threading.Event()
    stream = ServedStream(camera(clip), equipment, exchange.line, lapse=lapsed.set)
    for _ in range(8):
        stream.renew()
        time.sleep(0.15)
    assert not lapsed.is_set()
    assert lapsed.wait(PATIENCE)
    stream.stop()
