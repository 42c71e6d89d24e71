"""Real servers on loopback: RTSP, HTTP, UDP, and some that refuse, fall silent or vanish."""

from __future__ import annotations

import signal
import socket
import threading
import time

import pytest
from tiny_clips import number_in, textured, write_clip

from realtime.errors import EndOfStream, SourceError
from realtime.sources import open_source

PATIENCE = 10.0


def read(source, frames: int):
    got = []
    while len(got) < frames:
        frame = source.read(PATIENCE)
        assert frame is not None, f"no frame for {PATIENCE} s"
        got.append(frame)
    return got


def refusal(url: str, **options: float) -> str:
    with pytest.raises(SourceError) as refused:
        open_source(url, **options).open()
    message = str(refused.value)
    assert "\n" not in message
    assert refused.value.__context__ is None, "a traceback would print what FFmpeg says, password included"
    return message


# ------------------------------------------------------------------------------ RTSP


@pytest.mark.parametrize("path", ["h264", "h265", "bframes", "sound", "mjpeg", "udp"])
def test_rtsp_streams_are_read(rtsp_server, path):
    with open_source(rtsp_server.url(path)) as source:
        assert (source.name, source.live, source.total, source.fps) == ("127-0-0-1", True, None, 25.0)
        frames = read(source, 20)
        assert (source.state, source.damage) == ("live", None)
    assert {frame.size for frame in frames} == {(320, 240)}
    assert {frame.generation for frame in frames} == {0}
    times = [frame.t_capture for frame in frames]
    assert times == sorted(set(times))
    # a server that sends its clock late is timed by ours all the way
    media = [frame.media_time for frame in frames]
    assert media == [None] * 20 or media == sorted(media)
    assert source.captured - source.dropped - len(frames) in (0, 1)
    assert [frame.number - frame.dropped for frame in frames] == list(range(1, 21))


def test_pictures_of_another_size_in_the_middle_are_another_generation(rtsp_server):
    sizes = {0: (320, 240), 1: (160, 120), 2: (320, 240)}
    frames = []
    with open_source(rtsp_server.url("resized")) as source:
        while not frames or frames[-1].generation < 3:
            frames += read(source, 1)
    for generation, size in sizes.items():
        shown = [frame for frame in frames if frame.generation == generation]
        assert {frame.size for frame in shown} == {size}
        assert all(frame.image.shape == (size[1], size[0], 3) for frame in shown)
        # the test picture's white bar on the left, red one on the right, at any size
        for frame in shown:
            height, width = frame.image.shape[:2]
            assert frame.image[height // 4, width // 20].min() > 180
            assert frame.image[height // 4, width * 16 // 20].tolist()[0] > 150
    assert source.damage is None


def test_a_network_that_loses_and_delays_packets_gives_fresh_frames(rtsp_server):
    # over UDP, since TCP would repeat what is lost
    with open_source(rtsp_server.url("lossy")) as source:
        frames = read(source, 50)
        assert source.state == "live"
        assert time.monotonic() - frames[-1].t_capture < 0.5
    assert {(frame.size, frame.generation) for frame in frames} == {((320, 240), 0)}
    numbers = [frame.number for frame in frames]
    assert numbers == sorted(set(numbers))
    assert "damaged on arrival and left out" in source.damage


def test_a_stream_of_sound_alone_is_told(rtsp_server):
    assert "check that it has video under this path" in refusal(rtsp_server.url("soundonly"))


def test_a_slow_reader_of_a_stream_gets_fresh_frames(rtsp_server):
    with open_source(rtsp_server.url("h264")) as source:
        read(source, 5)
        for _ in range(4):
            time.sleep(0.3)
            frame = source.read(PATIENCE)
            assert time.monotonic() - frame.t_capture < 0.25
        assert source.dropped >= 10
    assert source.captured == 9 + source.dropped + source._handover.counts().unread


def test_a_stream_that_ends_says_so(rtsp_server):
    with open_source(rtsp_server.url("short")) as source:
        frames = []
        with pytest.raises(EndOfStream):
            while True:
                frames.append(source.read(PATIENCE))
        assert None not in frames
        assert source.state == "ended"
        assert source.detail == "the server ended the stream, or the connection was lost"
        assert source.captured == len(frames) + source.dropped


def test_passwords_open_what_they_protect(rtsp_server):
    with open_source(rtsp_server.url("private", "viewer:s3cret")) as source:
        assert source.name == "127-0-0-1"
        read(source, 2)


@pytest.mark.parametrize("user", ["", "viewer:wr0ng", "s3cret:s3cret"])
def test_a_wrong_password_is_told_and_never_repeated(rtsp_server, user):
    message = refusal(rtsp_server.url("private", user))
    assert message.startswith(f"{rtsp_server.url('private')} wants a user name and password")
    assert "(401)" in message
    assert "wr0ng" not in message
    assert "s3cret" not in message


def test_a_wrong_path_is_told(rtsp_server):
    message = refusal(rtsp_server.url("nowhere", "viewer:s3cret"))
    assert message.startswith(
        f"{rtsp_server.url('nowhere')} has nothing under this path (404): check the path"
    )
    assert "s3cret" not in message


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_a_server_that_falls_silent_stalls_the_source_and_may_come_back(own_rtsp_server):
    with open_source(own_rtsp_server.url("h264"), stall_timeout=0.5) as source:
        read(source, 5)
        own_rtsp_server.process.send_signal(signal.SIGSTOP)
        end = time.monotonic() + PATIENCE
        while source.state != "stalled" and time.monotonic() < end:
            source.read(0.2)
        assert (source.state, source.detail) == ("stalled", "no frame for 0.5 s")
        own_rtsp_server.process.send_signal(signal.SIGCONT)
        read(source, 5)
        assert (source.state, source.detail) == ("live", None)
        own_rtsp_server.process.send_signal(signal.SIGSTOP)
        while source.read(0.5) is not None:
            pass
        before = time.monotonic()
    assert time.monotonic() - before < 5, "closing does not wait for a silent server"
    assert source.state == "ended"


def test_a_server_that_is_killed_ends_the_stream(own_rtsp_server):
    with open_source(own_rtsp_server.url("h264")) as source:
        read(source, 5)
        own_rtsp_server.process.kill()
        with pytest.raises(EndOfStream):
            while True:
                assert source.read(PATIENCE) is not None
        assert source.state == "ended"
        assert source.detail


# ------------------------------------------------------------------------------ nobody there


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtsps", "https"])
def test_a_silent_server_does_not_hang(silent_port, scheme):
    before = time.monotonic()
    message = refusal(f"{scheme}://me:s3cret@127.0.0.1:{silent_port}/x?k=s3cret", open_timeout=0.5)
    assert time.monotonic() - before < 5
    assert message.startswith(f"{scheme}://127.0.0.1:{silent_port}/x?… did not answer within 0.5 s: check")
    assert "s3cret" not in message


def test_a_silent_udp_port_does_not_hang(closed_port):
    assert "did not answer within 0.5 s" in refusal(f"udp://127.0.0.1:{closed_port}", open_timeout=0.5)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_refused_connection_is_told(closed_port, scheme):
    message = refusal(f"{scheme}://me:s3cret@127.0.0.1:{closed_port}/x")
    assert message.startswith(f"{scheme}://127.0.0.1:{closed_port}/x refused the connection: check the port")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_an_unknown_host_is_told(scheme):
    message = refusal(f"{scheme}://me:s3cret@no-such-host.invalid/x", open_timeout=60)
    assert message.startswith(f"{scheme}://no-such-host.invalid/x names a host that is unknown here")


# ------------------------------------------------------------------------------ HTTP and UDP


@pytest.mark.parametrize("file", ["clip.mp4", "clip.ts"])
def test_a_file_behind_http_plays_like_a_camera(http_server, tmp_path, file):
    write_clip(tmp_path / file, frames=25, options={"movflags": "faststart"} if "mp4" in file else {})
    with open_source(f"{http_server}/{file}") as source:
        frames = list(source)
        assert source.detail == "the server ended the stream, or the connection was lost"
    assert number_in(frames[-1].image) == 24
    assert source.captured == 25 == len(frames) + source.dropped
    assert frames[-1].t_capture - frames[0].t_capture >= 0.5, "not as fast as it can be decoded"


def test_an_endless_http_stream(http_server, tmp_path):
    write_clip(tmp_path / "clip.ts", frames=50, key_every=5)
    frames = []
    # it has no length: FFmpeg cannot tell its end from a broken connection
    lost = pytest.raises(SourceError, match=r"live\.ts was lost")
    with open_source(f"{http_server}/live.ts") as source, lost:
        for frame in source:
            frames.append(frame)  # noqa: PERF402 - it raises in between
    numbers = [number_in(frame.image) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 5


def test_what_http_servers_answer_is_told(http_server, tmp_path):
    (tmp_path / "notes.txt").write_text("hello\n" * 99)
    assert "has nothing under this path (404)" in refusal(f"{http_server}/none.mp4")
    assert "sends no video" in refusal(f"{http_server}/notes.txt")


def test_an_mp4_that_cannot_be_played_while_it_loads_ends_with_a_word(http_server, tmp_path):
    images = [textured(number) for number in range(150)]
    write_clip(tmp_path / "clip.mp4", images=images)  # its index comes last, and this server cannot seek
    with open_source(f"{http_server}/clip.mp4") as source:
        with pytest.raises(SourceError, match=r"clip\.mp4 was lost \(") as told:
            source.read(PATIENCE)
        assert source.detail == str(told.value)
        assert "\n" not in source.detail
        with pytest.raises(EndOfStream):
            source.read(PATIENCE)


def test_mpeg_ts_over_udp(tmp_path, closed_port):
    data = write_clip(tmp_path / "clip.ts", frames=50, key_every=5).read_bytes()
    stop = threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not stop.is_set():
                for start in range(0, len(data), 1316):
                    sender.sendto(data[start : start + 1316], ("127.0.0.1", closed_port))
                    if stop.wait(0.02):
                        break

    thread = threading.Thread(target=send)
    thread.start()
    try:
        with open_source(f"udp://127.0.0.1:{closed_port}", open_timeout=30) as source:
            frames = read(source, 10)
    finally:
        stop.set()
        thread.join()
    assert {frame.size for frame in frames} == {(128, 64)}
