"""The pipeline: source, tracker, calibration, router, head, smoother and sinks, connected.

The same object serves a live camera, a file, a test and a benchmark. The source reads ahead in its thread;
of a recording the tracker works one frame ahead in another. Everything else happens in the caller's, one
frame after the other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from engines.choices import PRECISIONS
from realtime.bookkeeping import Summary
from realtime.calibration import Calibration
from realtime.errors import EndOfStream, SinkError
from realtime.following import Followed, Follower, FollowerAhead
from realtime.heads import Head
from realtime.openable import Openable
from realtime.results import ResultWriter
from realtime.routing import PoseRouter
from realtime.sinks.sink import Sink
from realtime.smoothing import MedianSmoother
from realtime.sources.source import Source
from realtime.stage_times import StageTimes
from realtime.status_clock import StatusClock
from realtime.tracking.tracker import Tracker
from realtime.turns import Turn
from realtime.types import Frame, FrameResult, StreamStatus

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from engines.sharing import SharedNetworks

# How often the pipeline looks up from waiting for a frame: for a stop request, and to send the status.
TICK_S = 0.25
# `decode` is decoding and conversion to RGB; `handover` the wait from there to the tracker; `head` is
# calibration, routing and the networks together; `latency` is capture to publish, the whole way of a frame.
STAGES = ("decode", "handover", "track", "head", "smooth", "publish", "latency")


class Pipeline(Openable):
    """Connects one source to sinks through tracker, head and smoother; a context manager and an iterator.

    Iterating yields each `FrameResult` after the sinks have taken it, and ends with the source or after
    `stop()`. The thread that opens a pipeline iterates it: networks and sockets belong to one thread.
    `process` alone does everything between a frame and its result, without source or sinks; it needs
    `load` only.

    Attributes:
        failures: of sinks that were closed because they failed.
        watching: called with each status, before the sinks get it.
    """

    def __init__(
        self,
        source: Source,
        tracker: Tracker,
        bundle: Bundle,
        *,
        sinks: Sequence[Sink] = (),
        window: int = 3,
        calibrate: bool = True,
        backend: str = "onnxruntime",
        precision: str = PRECISIONS[0],
        shared: SharedNetworks | None = None,
        turn: Turn | None = None,
    ) -> None:
        """Connect the parts; nothing is opened yet.

        Args:
            source: where frames come from.
            tracker: must cut the crops that `bundle` wants (`bundle.manifest.crop`).
            bundle: the networks; stays open as long as the pipeline.
            sinks: take each result, in this order.
            window: length of the temporal median in frames, odd; 1 is no filter.
            calibrate: learn what each person is like at rest and measure AUs from there.
            backend: what runs the networks (`engines.backends`).
            precision: which form of the networks, one of `bundle.precisions`.
            shared: networks that other pipelines use as well.
            turn: has the pipeline wait for its turn among others before it takes a frame.
        """
        self.source = source
        self.tracker = tracker
        self.sinks = tuple(sinks)
        self.times = StageTimes(STAGES)
        self.summary = Summary()
        engine_of = shared.of_bundle(bundle, backend, precision) if shared else None
        self._head = Head(bundle, backend, precision, engine_of=engine_of)
        self._turn = turn
        # Where others have their turns, working ahead would be out of turn.
        ahead = not source.live and turn is None
        self._follower = (FollowerAhead if ahead else Follower)(source, tracker)
        self._router = PoseRouter(bundle.manifest.pose_groups)
        self._smoother = MedianSmoother(window)
        wanted = calibrate or bundle.manifest.needs_mean_crop
        self._calibration = Calibration(bundle.manifest, rest=calibrate) if wanted else None
        self._model = bundle.id
        self._results = ResultWriter(source.name, bundle.id, bundle.aus, bundle.expressions)
        self.opened = False
        self.failures: list[SinkError] = []
        self.watching: Callable[[StreamStatus], None] | None = None
        self._working = list(self.sinks)
        self._stop = threading.Event()
        self._stack = ExitStack()
        self._loaded = self._ran = False
        self._generation = 0
        self._alive: frozenset[int] = frozenset()
        self._shown: frozenset[int] = frozenset()
        self._status = StatusClock()

    # ------------------------------------------------------------------ one frame

    def process(self, frame: Frame) -> FrameResult:
        """Return the result of one frame: track, calibrate, route, score, smooth."""
        return self._score(self._follower.follow(frame))

    def _score(self, followed: Followed) -> FrameResult:
        clock = time.perf_counter
        frame, faces = followed.frame, followed.faces
        if frame.generation != self._generation:
            self._restart(frame.generation)
        t1 = clock()
        self._forget_lost(followed)
        if self._calibration is not None:
            self._calibration.set_references(faces, frame.stream_time)
        self._router.route(faces)
        raw = self._head.score(faces)
        if self._calibration is not None:
            raw = self._calibration.from_rest(faces, raw, frame.stream_time)
        t2 = clock()
        smooth = [
            self._smoother.smooth(face.track_id, scores) for face, scores in zip(faces, raw, strict=True)
        ]
        result = self._results.write(frame, faces, raw, smooth, self._smoother.delay)
        t3 = clock()
        self.times.record("track", followed.seconds)
        self.times.record("head", t2 - t1)
        self.times.record("smooth", t3 - t2)
        return result

    def _restart(self, generation: int) -> None:
        """The source has restarted: nobody seen before it can be told to be the same person after it."""
        self._generation = generation
        self._smoother.reset()
        if self._calibration is not None:
            self._calibration.reset()
        self._alive = self._shown = frozenset()

    def _forget_lost(self, followed: Followed) -> None:
        """A face out of sight loses its filter's history at once, its calibration only with its track."""
        shown = frozenset(face.track_id for face in followed.faces)
        for track_id in self._shown - shown:
            self._smoother.forget(track_id)
        self._shown = shown
        if self._calibration is not None:
            for track_id in self._alive - followed.alive:
                self._calibration.forget(track_id)
        self._alive = followed.alive

    # ------------------------------------------------------------------ the stream

    def load(self) -> None:
        """Load the networks: all that `process` needs. `open` does it too. Raises LiveFacsError."""
        if self._loaded:
            return
        # Registered first: what fails half-way through opening is closed all the same.
        self._stack.callback(self._head.close)
        self._stack.callback(self.tracker.close)
        self._stack.callback(self._follower.close)
        try:
            self._smoother.open()
            self._head.open()
            self.tracker.open()
        except BaseException:
            self._stack.close()
            raise
        self._loaded = True

    def open(self) -> None:
        """Load the networks, then open the source, then the sinks. Raises LiveFacsError.

        In this order a camera loses no frames to the loading, and no file is created for a source that
        cannot be opened. A pipeline runs once.
        """
        if self._ran:
            raise RuntimeError("a pipeline runs once: build a new one")
        self._ran = True
        self.load()
        try:
            self._stack.callback(self.source.close)
            self.source.open()
            for sink in self.sinks:
                self._stack.callback(sink.close)
                sink.open()
        except BaseException:
            self._stack.close()
            raise
        self.opened = True

    def __iter__(self) -> Iterator[FrameResult]:
        """Yield results until the source ends or `stop` is called; the pipeline must be open.

        Raises:
            SourceError: a live source was lost for good.
            SinkError: the last sink that worked has failed. One that fails while others work is closed and
                kept in `failures`.
        """
        try:
            while not self._stop.is_set():
                try:
                    result = self._next()
                except EndOfStream:
                    break
                if result is not None:
                    yield result
                self._tell_status()
        finally:
            if self._turn is not None:
                self._turn.end()

    def run(self) -> Summary:
        """Open, process everything, close; return the summary."""
        with self:
            for _ in self:
                pass
        return self.summary

    def stop(self) -> None:
        """End the iteration after the frame at hand. May be called from any thread or signal handler."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stop.is_set()

    def close(self) -> None:
        """Close source, sinks and networks, flushing what is buffered. Safe to call twice.

        The source first, so that subscribers still hear that the stream has ended.
        """
        if self.opened:
            self.opened = False
            self.source.close()
            self.summary.take(self.source)
            self._tell_status()
        self._stack.close()

    def _next(self) -> FrameResult | None:
        """Return the result of the next frame, None if none came for a while. Raises as `__iter__`."""
        turn = self._turn
        if turn is None:
            followed = self._follower.read(timeout=TICK_S)
            return None if followed is None else self._step(followed)
        # A frame is waited for first and taken last, so that it is the newest when the turn comes.
        if turn.placed or self.source.wait(TICK_S):
            turn.begin()
        try:
            followed = self._follower.read(timeout=0.0)
            return None if followed is None else self._step(followed)
        finally:
            turn.end(more=self.source.wait(0.0))

    def _step(self, followed: Followed) -> FrameResult:
        frame = followed.frame
        self.times.record("decode", frame.decode_s + frame.convert_s)
        self.times.record("handover", followed.handover)
        result = self._score(followed)
        before = time.perf_counter()
        result.t_publish = time.monotonic()
        self._deliver(lambda sink: sink.write(result))
        for sink in self._working:
            if sink.wants_pictures(result.stream):
                sink.picture(result, frame, followed.faces)
        now = time.monotonic()
        self.times.record("publish", time.perf_counter() - before)
        self.times.record("latency", now - frame.t_capture)
        self.summary.add(result, now)
        self.summary.take(self.source)
        return result

    def _tell_status(self) -> None:
        status = self._status.due(
            time.monotonic(),
            self.source,
            self.summary,
            self.times,
            generation=self._generation,
            model=self._model,
        )
        if status is not None:
            if self.watching is not None:
                self.watching(status)
            self._deliver(lambda sink: sink.status(status))

    def _deliver(self, give: Callable[[Sink], None]) -> None:
        """Give something to every sink that works; one that fails is closed, and the others go on."""
        for sink in tuple(self._working):
            try:
                give(sink)
            except SinkError as error:
                self.failures.append(error)
                self._working.remove(sink)
                sink.close()
                if not self._working:
                    raise
