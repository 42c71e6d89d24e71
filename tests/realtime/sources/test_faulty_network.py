"""A real RTSP camera behind a network that holds bytes back, spoils them, or breaks off."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
from conftest import start_rtsp_server
from faulty_network import FaultyNetwork

from realtime.sources import open_source
from realtime.types import Frame

PATIENCE = 20.0


@pytest.fixture
def network(rtsp_server) -> Iterator[FaultyNetwork]:
    with FaultyNetwork(rtsp_server.port) as network:
        yield network


@pytest.fixture
def camera(network: FaultyNetwork):
    with open_source(
        f"rtsp://127.0.0.1:{network.port}/h264", reconnect=True, stall_timeout=1.0, open_timeout=3.0
    ) as source:
        read_for(source, frames=5)
        yield source


def read_for(source, *, frames: int = 10**9, seconds: float = PATIENCE) -> list[Frame]:
    """Read as a pipeline does, until so many frames have come or so much time has passed."""
    got: list[Frame] = []
    end = time.monotonic() + seconds
    while len(got) < frames and time.monotonic() < end:
        frame = source.read(0.25)
        if frame is not None:
            got.append(frame)
    assert len(got) >= min(frames, 10**8) or frames == 10**9, f"{source.state}: {source.detail}"
    return got


def fresh(source) -> bool:
    """Whether frames come at the camera's rate, each read at once."""
    frames = read_for(source, frames=10)
    rate = 9 / (frames[-1].t_capture - frames[0].t_capture)
    return time.monotonic() - frames[-1].t_capture < 0.15 and 20 < rate < 30


def assert_fresh_within(source, seconds: float) -> None:
    """A server may send what it has in one go at first; soon after, frames come at the camera's pace."""
    began = time.monotonic()
    while not fresh(source):
        assert time.monotonic() - began < seconds


def test_what_was_held_back_is_not_waded_through(network, camera) -> None:
    network.held.set()
    read_for(camera, seconds=0.8)
    before = camera.dropped
    network.held.clear()
    time.sleep(0.3)  # somebody is busy while all of it comes at once
    frame = read_for(camera, frames=1)[0]
    assert frame.dropped >= before + 10 and time.monotonic() - frame.t_capture < 0.15
    assert_fresh_within(camera, 3.0)
    assert {frame.generation for frame in read_for(camera, frames=5)} == {0}


def test_a_network_that_holds_for_long_is_given_up(network, camera) -> None:
    network.held.set()
    end = time.monotonic() + PATIENCE
    while camera.state != "reconnecting" and time.monotonic() < end:
        camera.read(0.25)
    assert "the connection is given up" in camera.detail
    network.held.clear()
    began = time.monotonic()
    frame = read_for(camera, frames=1)[0]
    assert frame.generation >= 1 and frame.t_capture - began < 3.0
    assert_fresh_within(camera, 3.0)


def test_a_slow_network_gives_fresh_frames(network, camera) -> None:
    network.delay = 0.01
    read_for(camera, seconds=1.0)
    assert_fresh_within(camera, 3.0)


def test_connections_that_break_off_are_made_again(network, camera) -> None:
    for turn in range(3):
        network.cut()
        began = time.monotonic()
        while read_for(camera, frames=1)[0].generation <= turn:
            assert time.monotonic() - began < 5.0
    assert network.connections == 4
    assert_fresh_within(camera, 3.0)
    assert camera.captured >= camera.dropped + 3


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_spoilt_bytes_never_end_it(network, camera, share: float) -> None:
    network.garbage = share
    read_for(camera, seconds=2.5)
    network.garbage = 0.0
    assert_fresh_within(camera, 10.0)
    assert camera.state == "live"


def test_a_camera_that_comes_back_in_another_size() -> None:
    def server(port: int, *size: str) -> subprocess.Popen:
        return start_rtsp_server(port, *size)

    first = server(0)
    with open_source(f"rtsp://127.0.0.1:{first.port}/h264", reconnect=True) as source:
        assert read_for(source, frames=3)[-1].size == (320, 240)
        first.process.kill()
        first.process.communicate()
        second = server(first.port, "640x360")
        try:
            frames = read_for(source, frames=3)
            while frames[-1].generation == 0:
                frames = read_for(source, frames=3)
            assert frames[-1].size == (640, 360)
        finally:
            second.process.kill()
            second.process.communicate()
