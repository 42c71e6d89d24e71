"""How pictures pass from the reader thread to the consumer: every one of them, or only the newest."""

from __future__ import annotations

import math
import os
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from realtime.errors import EndOfStream

T = TypeVar("T")

# So many items in a row must have been taken too late before one is left for the next: a single delay is
# made up for, and nothing more is lost by it.
SLOW = 3
# In periods: how long an item has waited when the next is worth waiting for, and when that is late itself.
OLD, LATE = 0.5, 1.25
# Over how many items the period is averaged.
STEADYING = 10

_yield_core = getattr(os, "sched_yield", lambda: time.sleep(0))


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the items so far; captured = delivered + dropped + unread, at any moment."""

    captured: int = 0
    delivered: int = 0
    dropped: int = 0
    unread: int = 0


class Handover(ABC, Generic[T]):
    """One thread puts, another takes. Both may stop at any time without leaving the other waiting."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: deque[T] = deque()
        self._captured = self._delivered = self._dropped = 0
        self._finished = self._closed = False

    def put(self, item: T) -> bool:
        """Hand `item` over. Returns False if nobody will take it any more."""
        with self._changed:
            if not self._closed:
                self._make_room()
            if self._closed:
                return False
            self._items.append(item)
            self._captured += 1
            self._changed.notify_all()
            return True

    def skip(self) -> None:
        """Count an item as dropped that is not even put."""
        with self._changed:
            self._captured += 1
            self._dropped += 1

    def wait(self, timeout: float | None = None) -> bool:
        """Whether, within `timeout` seconds (None: for ever), it would be time to `take`."""
        with self._changed:
            return self._wait(timeout)

    def _wait(self, timeout: float | None) -> bool:
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self._finished and not self._closed:
            now = time.monotonic()
            until = now + self._better_in(now) if self._items else math.inf
            if until <= now:
                break
            until = min(until, deadline)
            if until <= now:
                return False
            self._changed.wait(None if until == math.inf else until - now)
        return True

    def _note_taken(self) -> None:
        """Note that an item was taken; called with the lock held."""

    def _better_in(self, now: float) -> float:
        """Return for how many seconds to wait for something better than what is there; with the lock held."""
        return 0.0

    @abstractmethod
    def _make_room(self) -> None:
        """Wait for room or make it; called with the lock held."""

    def take(self, timeout: float | None = None) -> tuple[T, Counts] | None:
        """Return the next item and the counts at that moment, None if `timeout` seconds passed without one.

        Raises EndOfStream once all was taken and nothing more will come, or after `close`.
        """
        with self._changed:
            self._wait(timeout)
            if self._closed or (self._finished and not self._items):
                raise EndOfStream
            if not self._items:
                return None
            item = self._items.popleft()
            self._note_taken()
            self._delivered += 1
            self._changed.notify_all()
            return item, self._counts()

    def finish(self) -> None:
        """The putting side is done; what was put can still be taken."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """The taking side is done; what it did not take stays unread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def counts(self) -> Counts:
        """The counts at this moment."""
        with self._changed:
            return self._counts()

    def _counts(self) -> Counts:
        return Counts(self._captured, self._delivered, self._dropped, len(self._items))


class LatestSlot(Handover[T]):
    """Room for one item, the newest: an unread one is overwritten and counted as dropped.

    Who takes them more slowly than they come loses some anyway: one that is about to be overwritten is left
    for the next, so that what is worked on is fresh.
    """

    def __init__(self) -> None:
        super().__init__()
        self._latest = -math.inf  # when the newest was put, s
        self._period = math.inf  # from one to the next on the average, s
        self._overwrote = False  # since the last was taken
        self._slow = 0  # how many in a row were taken too late

    def put(self, item: T) -> bool:
        """Hand `item` over and let the other thread have the processor. False if nobody will take it."""
        taken = super().put(item)
        # The kernel likes to wake the waiting thread on this very core, behind whatever we do next: without
        # the yield it waits there until the next picture is decoded (0.8 ms instead of 0.1 at 640x360).
        _yield_core()
        return taken

    def _make_room(self) -> None:
        now = time.monotonic()
        since = now - self._latest
        self._period = (
            since if math.isinf(self._period) else self._period + (since - self._period) / STEADYING
        )
        self._latest = now
        self._overwrote = self._overwrote or bool(self._items)
        self._dropped += len(self._items)
        self._items.clear()

    def _note_taken(self) -> None:
        self._slow = self._slow + 1 if self._overwrote else 0
        self._overwrote = False

    def _better_in(self, now: float) -> float:
        waited = now - self._latest
        if self._slow < SLOW or waited < OLD * self._period:
            return 0.0
        return LATE * self._period - waited


class BoundedQueue(Handover[T]):
    """Room for a few items; nothing is overwritten, putting waits until there is room.

    Args:
        room: most items that wait to be taken.
        refill: once it is full, putting waits until this many are left, so that items are made in bursts:
            code and data of whoever makes them stay in the caches from one to the next.
    """

    def __init__(self, room: int, refill: int | None = None) -> None:
        super().__init__()
        self._room = room
        self._refill = room - 1 if refill is None else refill

    def _make_room(self) -> None:
        if len(self._items) >= self._room:
            while len(self._items) > self._refill and not self._closed:
                self._changed.wait()
