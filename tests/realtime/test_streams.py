"""Several pipelines in one process: merged, apart from each other, and ended together."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from parts import GivenFaces, GivenFrames, Kept, face, frame, tiny_bundle

from engines.bundle import Bundle
from realtime.errors import EndOfStream, OptionError, SinkError, SourceError
from realtime.pipeline import Pipeline
from realtime.sinks.shared import SharedSink
from realtime.sources.source import Source
from realtime.streams import Streams
from realtime.turns import Turns
from realtime.types import Frame


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.open(tiny_bundle(tmp_path / "tiny"))


class FastCamera(Source):
    """A live source that has a frame whenever it is asked, until it is closed; counts as a camera does."""

    live = True
    fps = 1000.0

    def __init__(self, name: str, ends_after: int = 10**9, fails: str = "") -> None:
        self.name = self.label = name
        self._ends_after = ends_after
        self._fails = fails
        self._closed = threading.Event()
        self._delivered = 0

    def open(self) -> None:
        if self._fails == "open":
            raise SourceError(f"{self.name} is not there")
        self.state = "live"
        self._since = time.monotonic()

    def read(self, timeout: float | None = None) -> Frame | None:
        if self._closed.is_set() or self._delivered >= self._ends_after:
            self.state = "ended"
            if self._fails == "later" and not self._closed.is_set():
                self._closed.set()
                raise SourceError(f"{self.name} was lost")
            raise EndOfStream
        self._delivered += 1
        self.captured = max(self._delivered, int(self.fps * (time.monotonic() - self._since)))
        self.dropped = self.captured - self._delivered
        return frame(self.captured, dropped=self.dropped)

    def close(self) -> None:
        self._closed.set()


class SlowFaces(GivenFaces):
    """A tracker that takes a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__(lambda number: [face()])
        self._seconds = seconds

    def track(self, frame: Frame):
        time.sleep(self._seconds)
        return super().track(frame)


def given(bundle: Bundle, name: str, frames: int = 5, **options) -> Pipeline:
    source = GivenFrames([frame(n) for n in range(1, frames + 1)], name)
    return Pipeline(source, GivenFaces(lambda n: [face()]), bundle, calibrate=False, **options)


def camera(bundle: Bundle, source: Source, seconds: float = 0.002, **options) -> Pipeline:
    return Pipeline(source, SlowFaces(seconds), bundle, calibrate=False, **options)


def test_results_of_all_come_each_streams_in_order(bundle: Bundle) -> None:
    kept = Kept()
    shared = SharedSink(kept)
    turns = Turns(2)
    names = ["one", "two", "three"]
    pipelines = [given(bundle, name, sinks=[shared.share()], turn=turns.join()) for name in names]
    with Streams(pipelines) as streams:
        results = list(streams)
    assert not streams.failures
    for name in names:
        assert [r.frame for r in results if r.stream == name] == [1, 2, 3, 4, 5]
        assert [r.frame for r in kept.results if r.stream == name] == [1, 2, 3, 4, 5]
        assert [s.state for s in kept.statuses if s.stream == name][-1] == "ended"
    assert kept.log == ["open", "close"]


def test_overload_slows_all_alike_and_priority_has_its_share(bundle: Bundle) -> None:
    turns = Turns(1)
    sources = [FastCamera(name) for name in ("a", "b", "c")]
    priorities = {"a": 1.0, "b": 1.0, "c": 2.0}
    pipelines = [camera(bundle, s, turn=turns.join(priorities[s.name])) for s in sources]
    end = time.monotonic() + 1.5
    with Streams(pipelines) as streams:
        for _ in streams:
            if time.monotonic() > end:
                streams.stop()
    frames = {name: pipeline.summary.frames for name, pipeline in streams.pipelines.items()}
    assert frames["a"] > 30
    assert abs(frames["a"] - frames["b"]) <= 0.1 * frames["a"] + 3
    assert abs(frames["c"] - 2 * frames["a"]) <= 0.25 * frames["c"]
    for source, pipeline in zip(sources, pipelines, strict=True):
        assert source.captured == pipeline.summary.frames + source.dropped


def test_a_stream_that_is_lost_leaves_the_others_alone(bundle: Bundle) -> None:
    turns = Turns(1)
    lost = camera(bundle, FastCamera("lost", 3, fails="later"), turn=turns.join())
    with Streams([lost, given(bundle, "fine", 200, turn=turns.join())]) as streams:
        results = list(streams)
    assert str(streams.failures.pop("lost")) == "lost was lost"
    assert not streams.failures
    assert sum(r.stream == "fine" for r in results) == 200


def test_a_camera_does_not_wait_for_another_that_opens_slowly(bundle: Bundle) -> None:
    class SlowCamera(FastCamera):
        def open(self) -> None:
            end = time.monotonic() + 10.0
            while len(kept.results) < 30 and time.monotonic() < end:
                time.sleep(0.01)
            super().open()

    kept = Kept()
    pipelines = [
        camera(bundle, FastCamera("fast"), sinks=[kept]),
        camera(bundle, SlowCamera("slow", ends_after=5)),
    ]
    with Streams(pipelines) as streams:
        assert len(kept.results) >= 30
        assert {result.stream for result, _ in zip(streams, range(30), strict=False)} == {"fast", "slow"}


def test_one_that_cannot_be_opened_ends_all_before_they_write(bundle: Bundle) -> None:
    kept = Kept()
    pipelines = [given(bundle, "fine", sinks=[kept]), camera(bundle, FastCamera("gone", fails="open"))]
    streams = Streams(pipelines)
    with pytest.raises(SourceError, match="gone is not there"):
        streams.open()
    assert not kept.results
    assert kept.log in ([], ["open", "close"])
    assert not any(thread.name.startswith("stream ") for thread in threading.enumerate())


def test_one_that_cannot_be_loaded_ends_all(bundle: Bundle, tmp_path: Path) -> None:
    class Broken(GivenFaces):
        def open(self) -> None:
            raise SourceError("no model")

    broken = Pipeline(GivenFrames([frame(1)], "b"), Broken(lambda n: []), bundle, calibrate=False)
    with pytest.raises(SourceError, match="no model"), Streams([given(bundle, "a"), broken]):
        pass


def test_a_fault_of_ours_is_raised_where_results_are_taken(bundle: Bundle) -> None:
    def faces(number: int):
        raise ZeroDivisionError("ours")

    broken = Pipeline(GivenFrames([frame(1)], "b"), GivenFaces(faces), bundle, calibrate=False)
    endless = camera(bundle, FastCamera("endless"))
    with pytest.raises(ZeroDivisionError, match="ours"), Streams([endless, broken]) as streams:
        for _ in streams:
            pass


def test_leaving_early_ends_streams_whose_results_nobody_takes(bundle: Bundle) -> None:
    pipelines = [camera(bundle, FastCamera(name), 0.0) for name in ("a", "b")]
    with Streams(pipelines) as streams:
        next(iter(streams))
        time.sleep(0.1)  # the queue is full by now
    assert not any(thread.name.startswith("stream ") for thread in threading.enumerate())
    streams.close()


def test_stopping_from_elsewhere(bundle: Bundle) -> None:
    with Streams([camera(bundle, FastCamera("a"))]) as streams:
        threading.Timer(0.1, streams.stop).start()
        for _ in streams:
            pass
        assert streams.stopping


def test_names_are_different(bundle: Bundle) -> None:
    with pytest.raises(OptionError, match="two streams are named 'a'"):
        Streams([given(bundle, "a"), given(bundle, "a")])


def test_a_shared_sink_that_fails_fails_for_all_but_the_rest_goes_on(bundle: Bundle) -> None:
    class Full(Kept):
        def write(self, result) -> None:
            raise SinkError("disk full")

    full, kept = SharedSink(Full()), SharedSink(Kept())
    pipelines = [given(bundle, name, sinks=[full.share(), kept.share()]) for name in ("a", "b")]
    with Streams(pipelines) as streams:
        assert len(list(streams)) == 10
    for pipeline in pipelines:
        assert [str(error) for error in pipeline.failures] == ["disk full"]
    assert len(kept.sink.results) == 10
    assert full.sink.log == ["open", "close"]
