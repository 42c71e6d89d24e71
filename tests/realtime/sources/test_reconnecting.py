"""Cameras that break off and come back: a real RTSP server is killed, restarted, frozen, silent."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import LIVEFACS
from conftest import start_rtsp_server
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import EndOfStream, SourceError
from realtime.sources import open_source
from realtime.sources.backoff import MOST_S, USUAL_S, backoff
from realtime.sources.live import LiveSource
from realtime.sources.reconnecting import ReconnectingSource
from realtime.sources.spec import parse_spec
from realtime.subscriber import subscribe
from realtime.types import Frame, FrameResult

PATIENCE = 15.0


def read_until(source, truth: Callable[[], bool]) -> list[Frame]:
    """Read until something is true; as a pipeline does, a quarter of a second at a time."""
    frames = []
    end = time.monotonic() + PATIENCE
    while not truth():
        assert time.monotonic() < end, f"{source.state}: {source.detail}"
        frame = source.read(0.25)
        if frame is not None:
            frames.append(frame)
    return frames


def read(source, count: int) -> list[Frame]:
    frames: list[Frame] = []
    end = time.monotonic() + PATIENCE
    while len(frames) < count:
        assert time.monotonic() < end, f"{source.state}: {source.detail}"
        frame = source.read(0.25)
        if frame is not None:
            frames.append(frame)
    return frames


@contextmanager
def server_at(port: int = 0) -> Iterator[tuple[subprocess.Popen, int]]:
    server = start_rtsp_server(port)
    try:
        yield server.process, server.port
    finally:
        server.process.kill()
        server.process.communicate()


def test_a_server_that_is_killed_and_restarted_is_found_again() -> None:
    with server_at() as (first, port):
        source = open_source(f"rtsp://127.0.0.1:{port}/h264", reconnect=True)
        with source:
            frames = read(source, 10)
            assert (source.state, source.live, source.fps) == ("live", True, 25.0)
            for generation in (1, 2):
                first.kill()
                first.communicate()
                frames += read_until(source, lambda: source.state == "reconnecting")
                assert source.detail
                frames += read_until(source, lambda: "refused the connection" in (source.detail or ""))
                assert source.detail.startswith(f"rtsp://127.0.0.1:{port}/h264 refused the connection: ")
                with server_at(port) as (second, _):
                    back = time.monotonic()
                    frames += read(source, 10)
                    assert frames[-10].t_capture - back < 2.0
                    assert (source.state, source.detail) == ("live", None)
                    assert frames[-1].generation == generation
                    first = second
                    if generation == 2:
                        break
                    # the next turn kills this one: leave it running out of the `with`
                    first.kill()
                    first.communicate()
    assert source.state == "ended"
    numbers = [frame.number for frame in frames]
    assert numbers == sorted(set(numbers))
    times = [frame.t_capture for frame in frames]
    assert times == sorted(times)
    assert source.captured == len(frames) + source.dropped
    with pytest.raises(EndOfStream):
        source.read(1.0)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_a_server_that_freezes_is_noticed_and_left_for_a_new_connection() -> None:
    with server_at() as (process, port):
        url = f"rtsp://127.0.0.1:{port}/h264"
        with open_source(url, reconnect=True, stall_timeout=0.5, open_timeout=1.0) as source:
            read(source, 5)
            process.send_signal(signal.SIGSTOP)
            read_until(source, lambda: source.state == "stalled")
            assert source.detail == "no frame for 0.5 s"
            read_until(source, lambda: source.state == "reconnecting")
            assert source.detail == f"{url}: no frame for 0.5 s, the connection is given up"
            read_until(source, lambda: "did not answer within 1 s" in (source.detail or ""))
            process.send_signal(signal.SIGCONT)
            frames = read(source, 5)
            assert frames[-1].generation >= 1
            assert source.state == "live"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_a_server_that_goes_on_in_time_keeps_its_connection() -> None:
    with (
        server_at() as (process, port),
        open_source(f"rtsp://127.0.0.1:{port}/h264", reconnect=True, stall_timeout=0.5) as source,
    ):
        read(source, 5)
        process.send_signal(signal.SIGSTOP)
        read_until(source, lambda: source.state == "stalled")
        process.send_signal(signal.SIGCONT)
        assert {frame.generation for frame in read(source, 5)} == {0}
        assert source.state == "live"


def test_a_stream_that_the_server_ends_is_asked_for_again(rtsp_server) -> None:
    with open_source(rtsp_server.url("short"), reconnect=True) as source:
        frames = read_until(source, lambda: source.state == "reconnecting")
        assert frames and source.detail == "the server ended the stream, or the connection was lost"
        assert read(source, 3)[-1].generation == 1


def test_a_wrong_address_is_told_at_once(closed_port) -> None:
    source = open_source(f"rtsp://127.0.0.1:{closed_port}/x", reconnect=True)
    with pytest.raises(SourceError, match="refused the connection"), source:
        pass
    assert source.state == "ended"


def test_a_recording_behind_an_address_ends(http_server, tmp_path) -> None:
    from tiny_clips import write_clip

    write_clip(tmp_path / "clip.mp4", frames=10, options={"movflags": "faststart"})
    with open_source(f"{http_server}/clip.mp4", reconnect=True) as source:
        frames = list(source)
    assert frames and source.captured == 10 == len(frames) + source.dropped


def test_closing_while_a_silent_server_is_asked_does_not_wait_for_it() -> None:
    with server_at() as (process, port):
        source = open_source(f"rtsp://127.0.0.1:{port}/h264", reconnect=True, open_timeout=30)
        source.open()
        read(source, 3)
        process.kill()
        process.communicate()
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind(("127.0.0.1", port))
            silent.listen()
            read_until(source, lambda: source.state == "reconnecting")
            time.sleep(0.5)
            before = time.monotonic()
            source.close()
            assert time.monotonic() - before < 3
    assert source.state == "ended"


def test_closing_wakes_who_waits_for_a_camera_that_is_gone() -> None:
    with server_at() as (process, port):
        source = open_source(f"rtsp://127.0.0.1:{port}/h264", reconnect=True)
        source.open()
        read(source, 3)
        process.kill()
        process.communicate()
        read_until(source, lambda: source.state == "reconnecting")
        ended = []

        def wait() -> None:
            try:
                source.read()
            except EndOfStream:
                ended.append(True)

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.2)
        source.close()
        thread.join(5)
        assert ended


def test_a_run_outlives_its_camera_and_tells_subscribers(face_model_path, tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/faces"  # a free port may have a neighbour that is taken
    server = start_rtsp_server()
    words = [str(LIVEFACS), "run", server.url("h264"), "--publish", endpoint, "--quiet"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    states: list[str] = []
    generations: set[int] = set()
    killed = False
    try:
        with subscribe(endpoint, "", timeout=60) as messages:
            for message in messages:
                if isinstance(message, FrameResult):
                    generations.add(message.generation)
                    if message.generation == 1 and states[-1:] == ["live"]:
                        break
                    if not killed and states == ["live"]:
                        server.process.kill()
                        server.process.communicate()
                        killed = True
                elif states[-1:] != [message.state]:
                    states.append(message.state)
                    if message.state == "reconnecting":
                        server = start_rtsp_server(server.port)
    finally:
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=20)[0]
        server.process.kill()
        server.process.communicate()
    assert generations == {0, 1}
    assert states == ["live", "reconnecting", "live"]
    assert run.returncode == 0
    lines = said.splitlines()
    lost = [line for line in lines if line.startswith("reconnecting: ")]
    assert 1 <= len(lost) == len(set(lost)) and "live again" in lines


def test_a_fault_of_ours_while_connecting_is_raised_where_it_is_read() -> None:
    def make() -> LiveSource:
        if attempts:
            raise ZeroDivisionError("ours")
        attempts.append(1)
        return LiveSource(parse_spec(f"rtsp://127.0.0.1:{port}/h264"))

    attempts: list[int] = []
    with server_at() as (server, port), ReconnectingSource(make) as source:
        read(source, 1)
        server.kill()
        with pytest.raises(ZeroDivisionError, match="ours"):
            read_until(source, lambda: False)


@pytest.mark.slow
def test_thirty_restarts_leave_nothing_behind() -> None:
    def held() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    server = start_rtsp_server()
    with open_source(server.url("h264"), reconnect=True) as source:
        read(source, 5)
        before = held()
        worst = 0.0
        for turn in range(30):
            server.process.kill()
            server.process.communicate()
            read_until(source, lambda: source.state == "reconnecting")
            server = start_rtsp_server(server.port)
            back = time.monotonic()
            worst = max(worst, read(source, 1)[0].t_capture - back)
            assert read(source, 3)[-1].generation == turn + 1
        time.sleep(1.5)
        threads, files = held()
    server.process.kill()
    server.process.communicate()
    assert worst < 2.0
    assert threads <= before[0] + 1 and files <= before[1] + 4


@given(st.integers(0, 10**6), st.floats(0, 10**7), st.integers(0, 2**32))
def test_waits_grow_and_stay_within_bounds(attempt: int, away: float, seed: int) -> None:
    wait = backoff(attempt, away, random.Random(seed))
    assert 0.05 <= wait <= MOST_S
    if away <= 60:
        assert wait <= USUAL_S
    if away >= 600:
        assert wait >= MOST_S / 2
