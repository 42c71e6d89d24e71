"""The status: when it is due, and whether it tells the truth about rates, stages and overload."""

from __future__ import annotations

from parts import GivenFrames

from realtime.bookkeeping import Summary
from realtime.stage_times import StageTimes
from realtime.status_clock import OVERLOADED, StatusClock
from realtime.types import StreamStatus


class Watched:
    """A stream whose counts a test moves by hand."""

    def __init__(self) -> None:
        self.source = GivenFrames([], "door")
        self.source.live = True
        self.source.state = "live"
        self.summary = Summary()
        self.times = StageTimes(("track", "latency"))
        self.clock = StatusClock()
        self.now = 100.0

    def due(self) -> StreamStatus | None:
        return self.clock.due(self.now, self.source, self.summary, self.times, generation=0, model="tiny 1.0")

    def second(self, *, captured: int, processed: int) -> StreamStatus:
        self.now += 1.0
        self.source.captured += captured
        self.summary.frames += processed
        self.source.dropped += captured - processed
        status = self.due()
        assert status is not None
        return status


def test_it_is_due_at_once_every_second_and_on_every_change() -> None:
    watched = Watched()
    assert watched.due() is not None
    watched.now += 0.5
    assert watched.due() is None
    watched.source.state = "stalled"
    told = watched.due()
    assert told is not None and told.state == "stalled"
    watched.now += 0.99
    assert watched.due() is None
    watched.now += 0.02
    assert watched.due() is not None
    assert watched.clock.latest is not None


def test_rates_are_of_the_last_second() -> None:
    watched = Watched()
    watched.due()
    status = watched.second(captured=25, processed=20)
    assert (status.fps, status.captured_fps, status.frames, status.dropped) == (20.0, 25.0, 20, 5)
    assert status.captured == status.frames + status.dropped
    status = watched.second(captured=30, processed=30)
    assert (status.fps, status.captured_fps) == (30.0, 30.0)


def test_overload_is_told_once_it_lasts_and_until_it_is_over() -> None:
    watched = Watched()
    watched.due()
    details = [watched.second(captured=25, processed=20).detail for _ in range(4)]
    assert details == [None, None, OVERLOADED, OVERLOADED]
    details = [watched.second(captured=25, processed=25).detail for _ in range(4)]
    assert details == [OVERLOADED, OVERLOADED, None, None]


def test_one_bad_second_is_no_overload() -> None:
    watched = Watched()
    watched.due()
    for _ in range(3):
        assert watched.second(captured=25, processed=10).detail is None
        assert watched.second(captured=25, processed=25).detail is None


def test_a_capped_stream_is_not_overloaded_by_its_cap() -> None:
    watched = Watched()
    watched.source.max_fps = 5.0
    watched.due()
    for _ in range(5):
        status = watched.second(captured=25, processed=5)
        assert (status.detail, status.max_fps) == (None, 5.0)
    for _ in range(3):
        status = watched.second(captured=25, processed=4)
    assert status.detail == OVERLOADED


def test_a_recording_is_never_overloaded_and_a_reason_goes_before() -> None:
    watched = Watched()
    watched.source.live = False
    watched.due()
    for _ in range(4):
        assert watched.second(captured=25, processed=5).detail is None
    watched.source.live = True
    for _ in range(3):
        watched.second(captured=25, processed=5)
    watched.source.state, watched.source.detail = "reconnecting", "door was lost"
    status = watched.due()
    assert status is not None and status.detail == "door was lost"


def test_stages_are_told_once_there_are_frames() -> None:
    watched = Watched()
    status = watched.due()
    assert status is not None and status.stages is None
    for number in range(100):
        watched.times.record("latency", 0.010 if number < 90 else 0.030)
    watched.summary.tracks.update({1, 4})
    watched.source.reconnects = 2
    status = watched.second(captured=1, processed=1)
    assert status.stages is not None
    assert list(status.stages) == ["latency"]
    assert abs(status.stages["latency"].p50 - 0.010) < 1e-6
    assert abs(status.stages["latency"].p99 - 0.030) < 1e-6
    assert (status.tracks, status.reconnects) == (2, 2)
