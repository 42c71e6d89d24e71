"""The pipeline: source, tracker, calibration, router, head, smoother and sinks, connected.

The same object serves a live camera, a file, a test and a benchmark. It adds no threads of its own: the
source reads ahead in its thread, everything else happens in the caller's, one frame after the other.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realtime.calibration import NeutralBaseline
from realtime.errors import EndOfStream
from realtime.heads import Head
from realtime.openable import Openable
from realtime.results import ResultWriter, wall_offset
from realtime.routing import PoseRouter
from realtime.sinks.sink import Sink
from realtime.smoothing import MedianSmoother
from realtime.sources.source import Source
from realtime.stage_times import StageTimes
from realtime.tracking.tracker import Tracker
from realtime.types import SCHEMA, Face, Frame, FrameResult, StreamStatus

if TYPE_CHECKING:
    from engines.bundle import Bundle

# How often the pipeline looks up from waiting for a frame: for a stop request, and to send the status.
TICK_S = 0.25
STATUS_INTERVAL_S = 1.0
# `decode` is decoding and conversion to RGB; `handover` the wait from there to the tracker; `head` is
# calibration, routing and the networks together; `latency` is capture to publish, the whole way of a frame.
STAGES = ("decode", "handover", "track", "head", "smooth", "publish", "latency")


@dataclass(slots=True)
class Summary:
    """What a run has done so far.

    Attributes:
        frames: frames processed; dropped: frames overwritten unread; faces: faces summed over frames.
        frames_with_faces: frames with at least one face; tracks: different track ids seen.
        seconds: from the first frame's capture to the latest result.
        damage: the source's line about damaged data, None if there was none.
    """

    frames: int = 0
    dropped: int = 0
    faces: int = 0
    frames_with_faces: int = 0
    seconds: float = 0.0
    damage: str | None = None
    tracks: set[int] = field(default_factory=set)

    @property
    def fps(self) -> float:
        """Frames processed per second."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0


class Pipeline(Openable):
    """Connects one source to sinks through tracker, head and smoother; a context manager and an iterator.

    Iterating yields each `FrameResult` after the sinks have taken it, and ends with the source or after
    `stop()`. The thread that opens a pipeline iterates it: networks and sockets belong to one thread.
    `process` alone does everything between a frame and its result, without source or sinks.
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
    ) -> None:
        """Connect the parts; nothing is opened yet.

        Args:
            source: where frames come from.
            tracker: must cut the crops that `bundle` wants (`bundle.manifest.crop`).
            bundle: the networks; stays open as long as the pipeline.
            sinks: take each result, in this order.
            window: length of the temporal median in frames, odd; 1 is no filter.
            calibrate: learn each person's resting face and measure AUs from there.
            backend: what runs the networks (`engines.backends`).
        """
        self.source = source
        self.tracker = tracker
        self.sinks = tuple(sinks)
        self.times = StageTimes(STAGES)
        self.summary = Summary()
        self._head = Head(bundle, backend)
        self._router = PoseRouter(bundle.manifest.pose_groups)
        self._smoother = MedianSmoother(window)
        self._baseline = NeutralBaseline() if calibrate else None
        self._model = bundle.id
        self._results = ResultWriter(source.name, bundle.id, bundle.aus, bundle.expressions)
        self.opened = False
        self._stop = threading.Event()
        self._stack = ExitStack()
        self._generation = 0
        self._followed: set[int] = set()
        self._status = _StatusClock()

    # ------------------------------------------------------------------ one frame

    def process(self, frame: Frame) -> FrameResult:
        """Return the result of one frame: track, calibrate, route, score, smooth."""
        clock = time.perf_counter
        if frame.generation != self._generation:
            self._restart(frame.generation)
        t0 = clock()
        faces = self.tracker.track(frame)
        t1 = clock()
        self._forget_ended()
        if self._baseline is not None:
            self._calibrate(self._baseline, faces, frame)
        self._router.route(faces)
        raw = self._head.score(faces)
        t2 = clock()
        smooth = [
            self._smoother.smooth(face.track_id, scores) for face, scores in zip(faces, raw, strict=True)
        ]
        result = self._results.write(frame, faces, raw, smooth, self._smoother.delay)
        t3 = clock()
        self.times.record("track", t1 - t0)
        self.times.record("head", t2 - t1)
        self.times.record("smooth", t3 - t2)
        return result

    def _calibrate(self, baseline: NeutralBaseline, faces: Sequence[Face], frame: Frame) -> None:
        media_time = frame.media_time
        t = frame.t_capture if media_time is None else media_time
        for face in faces:
            face.neutral = baseline.update(face.track_id, face.blendshapes, t, face.pose)

    def _restart(self, generation: int) -> None:
        """The source has restarted: nobody seen before it can be told to be the same person after it."""
        self._generation = generation
        self.tracker.reset()
        self._smoother.reset()
        if self._baseline is not None:
            self._baseline.reset()
        self._followed.clear()

    def _forget_ended(self) -> None:
        alive = self.tracker.alive
        for track_id in self._followed - alive:
            self._smoother.forget(track_id)
            if self._baseline is not None:
                self._baseline.forget(track_id)
        self._followed = set(alive)

    # ------------------------------------------------------------------ the stream

    def open(self) -> None:
        """Load the networks, then open the source, then the sinks. Raises LiveFacsError.

        In this order a camera loses no frames to the loading, and no file is created for a source that
        cannot be opened.
        """
        with ExitStack() as stack:
            self._smoother.open()
            self._head.open()
            stack.callback(self._head.close)
            self.tracker.open()
            stack.callback(self.tracker.close)
            # What start-up made stays for good: keep the collector from walking through it, again and
            # again, in the middle of frames.
            gc.collect()
            gc.freeze()
            self.source.open()
            stack.callback(self.source.close)
            for sink in self.sinks:
                stack.enter_context(sink)
            self._stack = stack.pop_all()
        self.opened = True

    def __iter__(self) -> Iterator[FrameResult]:
        """Yield results until the source ends or `stop` is called; the pipeline must be open."""
        while not self._stop.is_set():
            try:
                frame = self.source.read(timeout=TICK_S)
            except EndOfStream:
                break
            if frame is not None:
                yield self._step(frame)
            self._tell_status()
        self.summary.dropped = self.source.dropped
        self.summary.damage = self.source.damage
        self._tell_status()

    def run(self) -> Summary:
        """Open, process everything, close; return the summary."""
        with self:
            for _ in self:
                pass
        return self.summary

    def stop(self) -> None:
        """End the iteration after the frame at hand. May be called from any thread or signal handler."""
        self._stop.set()

    def close(self) -> None:
        """Close sinks, source and networks, flushing what is buffered. Safe to call twice."""
        self._stack.close()

    def _step(self, frame: Frame) -> FrameResult:
        self.times.record("decode", frame.decode_s + frame.convert_s)
        self.times.record("handover", time.monotonic() - frame.t_capture - frame.convert_s)
        result = self.process(frame)
        before = time.perf_counter()
        result.t_publish = time.monotonic()
        for sink in self.sinks:
            sink.write(result)
        now = time.monotonic()
        self.times.record("publish", time.perf_counter() - before)
        self.times.record("latency", now - frame.t_capture)
        self._count(result, now)
        return result

    def _count(self, result: FrameResult, now: float) -> None:
        summary = self.summary
        if summary.frames == 0:
            self._started = result.t_capture
        summary.frames += 1
        summary.dropped = result.dropped
        summary.faces += len(result.faces)
        summary.frames_with_faces += bool(result.faces)
        summary.tracks.update(face.track_id for face in result.faces)
        summary.seconds = now - self._started
        self._status.faces = len(result.faces)

    def _tell_status(self) -> None:
        """Send the stream's status to the sinks if it has changed or a second has passed."""
        now = time.monotonic()
        clock = self._status
        if self.source.state == clock.state and now - clock.told < STATUS_INTERVAL_S:
            return
        elapsed = now - clock.told
        frames = self.summary.frames
        status = StreamStatus(
            schema=SCHEMA,
            stream=self.source.name,
            state=self.source.state,
            t=now,
            wall_offset=wall_offset(),
            generation=self._generation,
            frames=frames,
            dropped=self.source.dropped,
            faces=clock.faces,
            fps=(frames - clock.frames) / elapsed if 0 < elapsed < 10 * STATUS_INTERVAL_S else 0.0,
            model=self._model,
            detail=self.source.detail,
        )
        clock.state, clock.told, clock.frames = self.source.state, now, frames
        for sink in self.sinks:
            sink.status(status)


@dataclass(slots=True)
class _StatusClock:
    """What was last told of the stream, and when."""

    state: str = ""
    told: float = float("-inf")
    frames: int = 0
    faces: int = 0
