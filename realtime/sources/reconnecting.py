"""A camera or stream that comes back: what breaks off is opened again, for as long as it takes.

What opens it is a thread of its own, since a dead server may keep FFmpeg waiting for seconds, and whoever
reads has other things to do meanwhile: to tell subscribers what goes on, and to stop when he is asked to.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from realtime.errors import EndOfStream, SourceError
from realtime.sources.backoff import backoff
from realtime.sources.faults import RefusedError, UnusableError
from realtime.sources.live import LiveSource
from realtime.sources.source import Source
from realtime.sources.threaded import FAREWELL_S
from realtime.types import Frame

GIVEN_UP_AFTER_S = 2.0
"""Seconds that a stalled connection has left to go on before it is dropped for a new one."""


class ReconnectingSource(Source):
    """A live source whose losses are mended; each new connection is a new `generation`.

    `captured` and `dropped` count on over all connections, and a picture that a lost connection left unread
    counts as dropped. `state` is "reconnecting" until the first picture of the new connection, and `detail`
    says why. Opening it the first time fails as any source does, unless told to insist: a wrong address is
    told at once.

    Args:
        make: returns the source, not yet open; called for each connection. May raise SourceError from the
            second time on: the camera is not there.
        insist: a camera that does not open the first time is treated like one that was lost. `fps` is None
            until it has been open.
        draw: decides about chance in the waits between attempts.
    """

    live = True

    def __init__(
        self, make: Callable[[], LiveSource], *, insist: bool = False, draw: random.Random | None = None
    ) -> None:
        self._make = make
        self._insist = insist
        self._draw = draw or random.Random()
        self._source: LiveSource | None = make()
        self.name, self.label = self._source.name, self._source.label
        self.max_fps = self._source.max_fps
        self._connecting: _Connecting | None = None
        self._lock = threading.Lock()
        self._opened = self._closed = False
        self._generation = self._next_generation = 0
        self._attempts = 0
        self._lost_at = self._stalled_at = 0.0
        self._delivered = self._captured_before = self._dropped_before = 0
        self._finished: LiveSource | None = None

    def open(self) -> None:
        """Open the source; as `LiveSource.open`.

        Where it insists, only what can never be opened here raises SourceError. Else `state` is
        "reconnecting" if the first attempt has failed, `detail` says why, and others follow.
        """
        source = self._source
        if source is None or (self._opened and not self._closed):
            raise SourceError(f"{self.label} is open already: close it first")
        try:
            source.open()
        except SourceError as error:
            if not self._insist or isinstance(error, UnusableError):
                self.state, self.detail = source.state, source.detail
                raise
            self._lose(source, str(error), refused=isinstance(error, RefusedError))
        self._opened = True
        self.total, self.fps = source.total, source.fps

    def read(self, timeout: float | None = None) -> Frame | None:
        """Return the newest frame that was not read yet, or None if none came within `timeout` seconds.

        Never raises SourceError for a camera that was lost; EndOfStream once it is closed, and where the
        source is one that has an end, such as a recording behind an address.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            source = self._source or self._connected(deadline)
            if source is None:
                return None
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                frame = source.read(GIVEN_UP_AFTER_S if left is None else min(left, GIVEN_UP_AFTER_S))
            except (EndOfStream, SourceError) as error:
                if self._closed or source.finite:
                    self._finish(source)
                    raise EndOfStream from None
                self._lose(source, str(error) or source.detail or "the connection was lost")
                continue
            if frame is not None:
                return self._taken(source, frame)
            self._count(source)
            if self._given_up(source):
                self._lose(source, f"{source.label}: {source.detail}, the connection is given up")
            elif deadline is not None and time.monotonic() >= deadline:
                return None

    def wait(self, timeout: float | None = None) -> bool:
        """Whether a frame, the end or a new connection is there within `timeout` seconds."""
        source, connecting = self._source, self._connecting
        if source is not None:
            return source.wait(timeout)
        return connecting is None or connecting.wait_for(timeout)

    def close(self) -> None:
        """Stop reading and free everything. Safe to call twice, and from any thread."""
        with self._lock:
            self._closed = True
            self.state = "ended"  # before whoever waits hears of it
            source, connecting = self._source, self._connecting
        if connecting is not None:
            connecting.stop()
        if source is not None:
            source.close()
            self._finish(source)
        self.state = "ended"

    def _taken(self, source: LiveSource, frame: Frame) -> Frame:
        """Return a frame with numbers that go on over all connections."""
        self._attempts = 0
        self._delivered += 1
        self._count(source)
        self.state, self.detail, self._stalled_at = "live", None, 0.0
        self._generation = self._next_generation + frame.generation
        return replace(
            frame,
            number=frame.number + self._captured_before,
            generation=self._generation,
            dropped=self.dropped,
        )

    def _count(self, source: LiveSource) -> None:
        """Take over what a connection counts while it is read."""
        self.captured = self._captured_before + source.captured
        self.dropped = self._dropped_before + source.dropped
        self.damage = source.damage or self.damage
        if source.state == "stalled" and self.state != "reconnecting":
            self.state, self.detail = source.state, source.detail

    def _given_up(self, source: LiveSource) -> bool:
        """Whether a connection that has stalled had its time."""
        if source.state != "stalled":
            self._stalled_at = 0.0
            return False
        self._stalled_at = self._stalled_at or time.monotonic()
        return time.monotonic() - self._stalled_at >= GIVEN_UP_AFTER_S

    def _lose(self, source: LiveSource, why: str, *, refused: bool = False) -> None:
        """Let a connection go and begin to make another."""
        source.close()
        self._finish(source)
        self._stalled_at = 0.0
        if not self._attempts:
            self._lost_at = time.monotonic()
        with self._lock:
            self._source = None
            if self._closed:
                self.state = "ended"
                return
            self.state, self.detail = "reconnecting", why
            self._connecting = _Connecting(
                self._make, self._attempts, self._lost_at, self._draw, refused=refused
            )
            self._connecting.start()

    def _finish(self, source: LiveSource) -> None:
        """Count what a closed connection brought; what it left unread is dropped."""
        with self._lock:  # who reads and who closes may both find that it has ended
            if source is not self._finished:
                self._finished = source
                self.damage = source.damage or self.damage
                self.captured = self._captured_before = self._captured_before + source.captured
                self.dropped = self._dropped_before = self.captured - self._delivered

    def _connected(self, deadline: float | None) -> LiveSource | None:
        """Return the new connection, or None if there is none by `deadline`. Raises EndOfStream if closed."""
        connecting = self._connecting
        if connecting is None:
            raise EndOfStream
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        source = connecting.result(left)
        self.detail = connecting.problem or self.detail
        with self._lock:
            closed = self._closed
            if source is not None and not closed:
                self._source, self._connecting = source, None
        if closed:
            if source is not None:
                source.close()
            raise EndOfStream
        if source is not None:
            self.reconnects += bool(self._delivered)
            self._attempts = connecting.attempts
            self._next_generation = self._generation + bool(self._delivered)
            self.fps = source.fps
        return source


class _Connecting(threading.Thread):
    """Opens a source, again and again, until that succeeds or it is told to stop.

    Attributes:
        attempts: made so far; those of a connection that brought no picture count on.
        problem: what the latest attempt said, None before the first has failed.
        crash: what ended it that is no failure of a source, to be raised where it is waited for.
    """

    def __init__(
        self,
        make: Callable[[], LiveSource],
        attempts: int,
        lost_at: float,
        draw: random.Random,
        *,
        refused: bool,
    ) -> None:
        super().__init__(name="reconnect", daemon=True)
        self._make = make
        self._lost_at = lost_at
        self._draw = draw
        self._refused = refused
        self._stop_asked, self._done = threading.Event(), threading.Event()
        self._source: LiveSource | None = None
        self.attempts = attempts
        self.problem: str | None = None
        self.crash: BaseException | None = None

    def run(self) -> None:
        try:
            self._connect()
        except BaseException as error:  # noqa: BLE001 - passed on to the reader's thread
            self.crash = error
        finally:
            self._done.set()

    def _connect(self) -> None:
        while not self._stop_asked.wait(self._pause()):
            self.attempts += 1
            try:
                source = self._make()
                source.open()
            except SourceError as error:
                self.problem = str(error)
                self._refused = isinstance(error, RefusedError)
                continue
            self._source = source
            if self._stop_asked.is_set():
                source.close()
            break

    def wait_for(self, timeout: float | None) -> bool:
        """Whether it has come to an end within `timeout` seconds."""
        return self._done.wait(timeout)

    def _pause(self) -> float:
        return backoff(self.attempts, time.monotonic() - self._lost_at, self._draw, refused=self._refused)

    def result(self, timeout: float | None) -> LiveSource | None:
        """Return the open source, None if it is not there after `timeout` seconds."""
        done = self._done.wait(timeout)
        if self.crash is not None:
            raise self.crash
        return self._source if done else None

    def stop(self) -> None:
        """Make no further attempt; one that hangs is left to itself, and closes what it opens."""
        self._stop_asked.set()
        self._done.set()
        self.join(FAREWELL_S)
