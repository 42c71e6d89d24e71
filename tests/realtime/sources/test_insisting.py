"""Cameras that are not there yet, or do not let anybody in: asked again from the start, and gently."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager

import pytest
from conftest import start_rtsp_server
from parts import GivenFaces, Kept, tiny_bundle

from engines.bundle import Bundle
from realtime.errors import EndOfStream, OptionError, SourceError
from realtime.pipeline import Pipeline
from realtime.sources import open_source
from realtime.sources.backoff import MOST_S, REFUSED_S, backoff
from realtime.types import Frame

PATIENCE = 20.0


@contextmanager
def server_at(port: int, **options: str):
    server = start_rtsp_server(port, **options)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def insisting(url: str, **options):
    return open_source(url, reconnect=True, insist=True, **options)


def read_until(source, truth: Callable[[], bool]) -> list[Frame]:
    frames: list[Frame] = []
    end = time.monotonic() + PATIENCE
    while not truth():
        assert time.monotonic() < end, f"{source.state}: {source.detail}"
        frame = source.read(0.25)
        if frame is not None:
            frames.append(frame)
    return frames


def test_a_camera_that_comes_later_is_waited_for(closed_port) -> None:
    url = f"rtsp://127.0.0.1:{closed_port}/h264"
    with insisting(url) as source:
        assert source.state == "reconnecting"
        assert source.detail.startswith(f"{url} refused the connection: ")
        assert (source.fps, source.total, source.captured, source.dropped) == (None, None, 0, 0)
        assert source.read(0.3) is None
        with server_at(closed_port):
            frames = read_until(source, lambda: source.captured >= 3)
            assert (source.state, source.detail, source.fps) == ("live", None, 25.0)
    assert {frame.generation for frame in frames} == {0}, "nothing came before it"
    assert [frame.number - frame.dropped for frame in frames] == list(range(1, len(frames) + 1))
    assert source.state == "ended"


def test_a_camera_that_is_there_is_simply_opened(rtsp_server) -> None:
    with insisting(rtsp_server.url("h264")) as source:
        assert (source.state, source.fps) == ("connecting", 25.0)
        assert source.read(PATIENCE).generation == 0


def test_one_that_accepts_and_says_nothing_is_waited_for(silent_port) -> None:
    with insisting(f"rtsp://127.0.0.1:{silent_port}/h264", open_timeout=0.3) as source:
        assert source.state == "reconnecting"
        assert "did not answer within 0.3 s" in source.detail
        assert source.read(0.2) is None


def test_a_path_that_is_missing_may_come_but_is_told(rtsp_server) -> None:
    with insisting(rtsp_server.url("nowhere")) as source:
        assert source.state == "reconnecting" and "(404)" in source.detail


@pytest.mark.parametrize("spec", ["gopher://camera/x", "rtsp://camera:port/x", "rtsp://", ""])
def test_an_address_that_can_never_work_is_refused_at_once(spec) -> None:
    with pytest.raises(SourceError):
        insisting(spec)


def test_what_this_build_can_never_read_is_refused_at_once(monkeypatch) -> None:
    monkeypatch.setattr("realtime.sources.spec.webcam_input", lambda *_: ("0", "nonesuch", {}))
    with pytest.raises(SourceError, match="needs the input format nonesuch"):
        insisting("webcam:0").open()


def test_a_recording_opens_or_fails(tmp_path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        insisting(str(tmp_path / "none.mp4")).open()


def test_insisting_goes_with_reconnecting() -> None:
    with pytest.raises(OptionError, match="insist without reconnect"):
        open_source("rtsp://127.0.0.1/x", insist=True)


def test_opening_twice_is_refused_also_while_it_waits(closed_port, rtsp_server) -> None:
    for url in (f"rtsp://127.0.0.1:{closed_port}/x", rtsp_server.url("h264")):
        with insisting(url) as source:
            with pytest.raises(SourceError, match="is open already"):
                source.open()
            assert source.state in ("connecting", "reconnecting")


def test_closing_wakes_who_waits_for_a_camera_that_never_came(closed_port) -> None:
    source = insisting(f"rtsp://127.0.0.1:{closed_port}/x")
    source.open()
    threading.Timer(0.2, source.close).start()
    with pytest.raises(EndOfStream):
        source.read(PATIENCE)
    assert source.state == "ended"


def test_closing_while_it_opens_leaves_nobody_asking(silent_port) -> None:
    source = insisting(f"rtsp://127.0.0.1:{silent_port}/x", open_timeout=1.0)
    threading.Timer(0.2, source.close).start()
    source.open()
    assert source.state == "ended"
    with pytest.raises(EndOfStream):
        source.read(PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name == "reconnect"]


def test_a_pipeline_tells_of_a_camera_it_waits_for(closed_port, tmp_path) -> None:
    kept = Kept()
    pipeline = Pipeline(
        insisting(f"rtsp://127.0.0.1:{closed_port}/h264", name="door"),
        GivenFaces(lambda number: []),
        Bundle.open(tiny_bundle(tmp_path / "tiny")),
        sinks=[kept],
    )
    waited = threading.Event()
    pipeline.watching = lambda status: waited.set() if status.state == "reconnecting" else None
    running = threading.Thread(target=pipeline.run)
    running.start()
    try:
        assert waited.wait(PATIENCE)
        with server_at(closed_port):
            end = time.monotonic() + PATIENCE
            while len(kept.results) < 3 and time.monotonic() < end:
                time.sleep(0.05)
    finally:
        pipeline.stop()
        running.join(PATIENCE)
    assert len(kept.results) >= 3 and {result.generation for result in kept.results} == {0}
    first = kept.statuses[0]
    assert (first.state, first.stream, first.frames) == ("reconnecting", "door", 0)
    assert "refused the connection" in first.detail
    assert kept.statuses[-1].state == "ended"


def test_a_password_that_was_changed_is_told_and_asked_with_seldom(monkeypatch, closed_port) -> None:
    refusals: list[bool] = []
    monkeypatch.setattr(
        "realtime.sources.reconnecting.backoff", lambda *_, refused: refusals.append(refused) or 0.1
    )
    url = f"rtsp://viewer:s3cret@127.0.0.1:{closed_port}/private"
    with server_at(closed_port) as server, open_source(url, reconnect=True) as source:
        read_until(source, lambda: source.captured >= 3)
        server.process.kill()
        server.process.communicate()
        read_until(source, lambda: len(refusals) >= 2)
        assert not any(refusals)
        with server_at(closed_port, password="0ther"):
            read_until(source, lambda: refusals[-3:] == [True] * 3)
            assert (source.state, source.detail) == (
                "reconnecting",
                f"rtsp://127.0.0.1:{closed_port}/private wants a user name and password, or refused them "
                "(401): write rtsp://USER:PASSWORD@HOST…",
            )
        with server_at(closed_port):
            frames = read_until(source, lambda: source.state == "live")
            assert frames[-1].generation == 1


def test_who_was_refused_waits_for_long_from_the_start() -> None:
    waits = [backoff(0, 0.0, random.Random(seed), refused=True) for seed in range(20)]
    assert min(waits) >= REFUSED_S / 2 > MOST_S and max(waits) <= REFUSED_S
