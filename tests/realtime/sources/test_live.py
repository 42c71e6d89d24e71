"""Live sources without a network: the newest frame, exact counts, pacing, stalls, closing."""

from __future__ import annotations

import errno
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from tiny_clips import number_in, write_clip

from realtime.errors import EndOfStream, SourceError
from realtime.sources import open_source
from realtime.sources.decoder import Picture
from realtime.sources.handover import LatestSlot
from realtime.sources.live import LiveSource
from realtime.sources.pace import Pacer
from realtime.sources.reader import Reader, Stamped
from realtime.sources.rgb import RgbConverter
from realtime.sources.spec import Spec, parse_spec

CAMERA = "lavfi:testsrc=size=64x48:rate=50"


def test_a_file_played_in_real_time_takes_its_time(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=25)
    with open_source(str(path), realtime=True) as source:
        assert source.live
        assert source.total == 25
        frames = list(source)
        assert (source.state, source.detail) == ("ended", "the recording ended")
    assert number_in(frames[-1].image) == 24
    assert frames[-1].number == 25
    # the clock that paces starts with the first frame; machines may be slow, but never fast
    assert frames[-1].t_capture - frames[0].t_capture >= 0.9 * (frames[-1].media_time - frames[0].media_time)
    assert source.captured == len(frames) + source.dropped == 25


def test_a_slow_reader_of_a_live_source_misses_frames_and_they_are_counted(tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=50)
    with open_source(str(path), realtime=True) as source:
        frames = []
        for frame in source:
            frames.append(frame)
            time.sleep(0.15)
    delivered = len(frames)
    assert delivered < 40
    assert source.captured == 50 == delivered + source.dropped
    assert [frame.number for frame in frames] == sorted({frame.number for frame in frames})
    assert [number_in(frame.image) for frame in frames] == [frame.number - 1 for frame in frames]
    # a frame says how many were dropped before it
    assert [frame.dropped for frame in frames] == [frame.number - n for n, frame in enumerate(frames, 1)]
    assert frames[-1].number == 50, "the last frame is delivered after the end"


def test_a_virtual_camera_is_live_and_paced():
    with open_source(CAMERA, name="test") as source:
        assert source.state == "connecting"
        frames = [source.read(5) for _ in range(10)]
        assert (source.name, source.live, source.fps, source.total, source.state) == (
            "test",
            True,
            50.0,
            None,
            "live",
        )
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert source.captured >= 10
    stamps = [frame.t_capture for frame in frames]
    assert stamps == sorted(stamps)
    assert source.state == "ended"


def test_conversion_happens_only_for_frames_that_are_read(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", frames=30)
    converted = []
    convert = RgbConverter.__call__
    monkeypatch.setattr(
        RgbConverter, "__call__", lambda self, frame: converted.append(frame) or convert(self, frame)
    )
    with open_source(str(path), realtime=True) as source:
        read = 0
        for _ in source:
            read += 1
            time.sleep(0.2)
    assert len(converted) == read < 20


def test_a_paced_frame_is_taken_when_it_is_due_not_when_it_was_decoded():
    with open_source("lavfi:testsrc=size=64x48:rate=1") as source:
        for _ in range(3):
            frame = source.read(5)
            assert time.monotonic() - frame.t_capture < 0.6


def test_reading_gives_up_after_its_timeout():
    with open_source("lavfi:testsrc=size=64x48:rate=1") as source:
        assert source.read(5) is not None
        before = time.monotonic()
        assert source.read(0.1) is None
        assert 0.1 <= time.monotonic() - before < 0.9
        assert source.read(0) is None


class Scripted:
    """In place of a `Decoder`: a picture for each release of `sends`; what `script` holds is raised."""

    total, fps, finite = None, None, False

    def __init__(self, sends: threading.Semaphore, script: Sequence[Exception | None]) -> None:
        self.sends, self.script = sends, script

    def __call__(self, spec: Spec, patience: float) -> Scripted:
        return self

    def pictures(self, wait: object, stopped: object) -> Iterator[Picture]:
        for number, error in enumerate(self.script, 1):
            assert self.sends.acquire(timeout=20)
            if error is not None:
                raise error
            yield Picture(picture(number), number, time.monotonic(), 0.0)

    def damage_line(self, name: str) -> None:
        pass

    def close(self) -> None:
        pass


def picture(pts: int | None) -> av.VideoFrame:
    frame = av.VideoFrame(64, 48, "yuv420p")
    frame.pts, frame.time_base = pts, Fraction(1, 100)
    return frame


def test_a_source_that_sends_nothing_is_stalled_until_it_sends_again(monkeypatch):
    sends = threading.Semaphore(1)
    monkeypatch.setattr("realtime.sources.reader.Decoder", Scripted(sends, [None] * 3))
    with open_source("rtsp://127.0.0.1/x", stall_timeout=0.3) as source:
        taken = source.read(20).t_capture
        assert source.read(0.02) is None
        state = source.state
        # on a busy machine the stall may be over before we look
        assert state == "live" or time.monotonic() - taken >= 0.3
        assert source.read(0.6) is None
        assert (source.state, source.detail) == ("stalled", "no frame for 0.3 s")
        sends.release()
        assert source.read(20).number == 2
        assert (source.state, source.detail) == ("live", None)
        # a reader that is late itself is no stall
        sends.release()
        time.sleep(0.4)
        assert source.read(20).number == 3
        assert source.state == "live"


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        ("rtsp://me:s3cret@127.0.0.1/x", errno.ECONNRESET, "rtsp://127.0.0.1/x was lost"),
        ("rtsp://me:s3cret@127.0.0.1/x", errno.ETIMEDOUT, "rtsp://127.0.0.1/x sent nothing for 20 s"),
        ("webcam:0", errno.ENODEV, "webcam:0 was unplugged"),
    ],
)
def test_a_live_source_that_is_lost_says_so_once(monkeypatch, spec, code, words):
    error = av.error.FFmpegError(code, "Something", "rtsp://me:s3cret@127.0.0.1/x")
    monkeypatch.setattr("realtime.sources.reader.Decoder", Scripted(threading.Semaphore(9), [None, error]))
    with open_source(spec) as source:
        with pytest.raises(SourceError) as told:
            list(iter(lambda: source.read(20), "never"))
        assert words in str(told.value)
        assert "s3cret" not in str(told.value)
        assert "\n" not in str(told.value)
        assert told.value.__suppress_context__
        assert (source.state, source.detail, source.captured) == ("ended", str(told.value), 1)
        for _ in range(2):
            with pytest.raises(EndOfStream):
                source.read(20)


def test_a_form_of_picture_that_nothing_converts_is_told(monkeypatch):
    def unusual(pts: int | None) -> av.VideoFrame:
        frame = av.VideoFrame(64, 48, "gray32le")
        frame.pts = pts
        return frame

    monkeypatch.setattr(sys.modules[__name__], "picture", unusual)
    monkeypatch.setattr("realtime.sources.reader.Decoder", Scripted(threading.Semaphore(9), [None]))
    lost = pytest.raises(SourceError, match=r"rtsp://127\.0\.0\.1/x was lost \(Operation not supported\)")
    with open_source("rtsp://me:s3cret@127.0.0.1/x") as source, lost:
        source.read(20)


def test_a_live_stream_that_ends_is_not_lost(monkeypatch):
    monkeypatch.setattr("realtime.sources.reader.Decoder", Scripted(threading.Semaphore(9), [None]))
    with open_source("webcam:0") as source:
        assert [frame.number for frame in source] == [1]
        assert (source.state, source.detail) == ("ended", "the camera stopped")


def test_closing_from_another_thread_ends_a_waiting_read():
    source = open_source("lavfi:testsrc=size=64x48:rate=0.2")
    source.open()
    assert source.read(5) is not None
    threading.Timer(0.2, source.close).start()
    before = time.monotonic()
    with pytest.raises(EndOfStream):
        source.read()
    assert time.monotonic() - before < 3
    assert source.state == "ended"


def test_closing_ends_the_reader_thread():
    before = set(threading.enumerate())
    for _ in range(3):
        with open_source(CAMERA) as source:
            source.read(5)
    assert set(threading.enumerate()) <= before
    assert source.captured - source.dropped in (1, 2)


def test_a_filter_that_is_none_is_refused():
    with pytest.raises(SourceError, match="lavfi:nonsense cannot be opened"):
        open_source("lavfi:nonsense").open()


def test_a_source_can_be_abandoned_while_it_opens(monkeypatch):
    entered, leave = threading.Event(), threading.Event()

    class Stuck:
        def __init__(self, spec: Spec, patience: float) -> None:
            entered.set()
            leave.wait(10)
            raise OSError(5, "too late")

    monkeypatch.setattr("realtime.sources.reader.Decoder", Stuck)
    source = open_source("webcam:0", open_timeout=0.3)
    before = time.monotonic()
    with pytest.raises(SourceError, match=r"webcam:0 did not answer within 0\.3 s: unplug the camera"):
        source.open()
    assert time.monotonic() - before < 3
    assert entered.is_set()
    assert source.state == "ended"
    source.close()
    leave.set()


@pytest.mark.parametrize("kind", ["FileSource", "LiveSource"])
def test_time_stamps_that_step_back_raise_the_generation(tmp_path, monkeypatch, kind):
    path = write_clip(tmp_path / "a.mkv", frames=9)
    from realtime.sources import reader

    real = reader.Decoder.pictures

    def rewound(self, wait, stopped):
        for picture in real(self, wait, stopped):
            # equal stamps and missing ones are no step back
            picture.frame.pts = [0, 0, None, 40, 0, 40, None, 80, 40][picture.number - 1]
            yield picture

    monkeypatch.setattr(reader.Decoder, "pictures", rewound)
    spec = parse_spec(str(path))
    source = LiveSource(spec) if kind == "LiveSource" else open_source(str(path))
    with source:
        frames = list(source)
    generations = {frame.number: frame.generation for frame in frames}
    expected = dict(enumerate([0, 0, 0, 0, 1, 1, 1, 1, 2], 1))
    assert generations.items() <= expected.items()
    assert generations[9] == 2
    expected = dict(enumerate([0, None, None, 40, 0, 40, None, 80, 40], 1))
    assert {frame.number: frame.pts for frame in frames}.items() <= expected.items()


@pytest.mark.parametrize(
    ("raw", "delivered", "generations"),
    [
        ([0, 4, 8, 12], [0, 4, 8, 12], [0, 0, 0, 0]),
        ([None] * 4, [None] * 4, [0, 0, 0, 0]),
        ([0, 0, 0, 0], [0, None, None, None], [0, 1, 1, 1]),  # v4l2 without a clock
        ([None, None, 8, 12], [None] * 4, [0, 0, 0, 0]),  # RTSP before its first sender report
        ([0, 4, None, None], [0, 4, None, None], [0, 0, 1, 1]),
        ([0, 4, None, 12, 16], [0, 4, None, None, None], [0, 0, 1, 1, 1]),
        ([0, 4, 0, 4], [0, 4, 0, 4], [0, 0, 1, 1]),
        ([None, 4, 8, 0, 4], [None, None, None, 0, 4], [0, 0, 0, 1, 1]),
    ],
)
def test_a_live_source_never_changes_clocks_within_a_generation(raw, delivered, generations):
    reader = Reader(parse_spec("rtsp://127.0.0.1/x"), LatestSlot[Stamped](), lambda it: it, paced=False)
    stamped = [reader._stamp(Picture(picture(pts), n, n, 0.0)) for n, pts in enumerate(raw, 1)]
    assert [it.pts for it in stamped] == delivered
    assert [it.generation for it in stamped] == generations


def test_capture_times_rise_even_where_packets_come_in_another_order():
    reader = Reader(parse_spec("rtsp://127.0.0.1/x"), LatestSlot[Stamped](), lambda it: it, paced=False)
    arrivals = [1.0, 1.3, 1.4, 1.2, 1.2, 1.5]
    times = [reader._stamp(Picture(picture(n), n, t, 0.0)).t_capture for n, t in enumerate(arrivals)]
    assert all(later > earlier for earlier, later in pairwise(times))
    assert times == pytest.approx([1.0, 1.3, 1.4, 1.4, 1.4, 1.5], abs=1e-5)


def test_a_frame_is_taken_when_its_packet_came_before_it_is_decoded(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", frames=6, codec_options={"bf": "0"})
    from realtime.sources import decoder

    real = decoder.Decoder._decode

    def slow(self, packet, arrival):
        time.sleep(0.03)
        yield from real(self, packet, arrival)

    monkeypatch.setattr(decoder.Decoder, "_decode", slow)
    with open_source(str(path), realtime=True) as source:
        for frame in source:
            assert frame.decode_s >= 0.03
            assert time.monotonic() - frame.t_capture >= frame.decode_s + frame.convert_s


@pytest.mark.parametrize("file", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.h264"])
def test_recordings_with_b_frames_are_paced_evenly_and_none_is_dropped(tmp_path, file):
    path = write_clip(tmp_path / file, frames=40, codec_options={"bf": "3", "b-adapt": "0"})
    with open_source(str(path), realtime=True) as source:
        before = time.monotonic()
        frames = list(source)
        seconds = time.monotonic() - before
    assert [number_in(frame.image) for frame in frames] == list(range(40))
    assert source.dropped == 0
    assert 1.0 < seconds < 2.4, "1.6 s long"
    times = [frame.t_capture for frame in frames]
    assert all(later > earlier for earlier, later in pairwise(times))


def test_a_pacer_keeps_the_distance_of_time_stamps():

    stop = threading.Event()
    pacer = Pacer(50.0)
    start = time.monotonic()
    due = []
    for pts in (0, 1, None, 10, 2, 3):  # without a stamp: one period on; a step back: one period on
        pacer.wait(pts, Fraction(1, 100), stop)
        due.append(time.monotonic())
    # From the start, not from one to the next: after a late one the next is due the sooner.
    assert (np.array(due) - start >= np.cumsum([0.0, 0.01, 0.02, 0.07, 0.02, 0.01]) - 0.001).all()
    assert due[-1] - start < 2


def test_a_pacer_is_stopped_at_once():
    stop = threading.Event()
    pacer = Pacer(None)
    pacer.wait(0, None, stop)
    stop.set()
    before = time.monotonic()

    pacer.wait(100, Fraction(1), stop)
    assert time.monotonic() - before < 1
