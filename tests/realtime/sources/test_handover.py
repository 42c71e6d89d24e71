"""Nothing is lost without being counted, and neither side is left waiting."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import EndOfStream
from realtime.sources.handover import BoundedQueue, Counts, LatestSlot


@given(st.lists(st.sampled_from(["put", "take", "finish", "close"]), max_size=60))
def test_every_item_is_delivered_dropped_or_unread(steps):
    slot = LatestSlot[int]()
    put = 0
    delivered = []
    closed = finished = False
    for step in steps:
        if step == "put":
            assert slot.put(put + 1) is not closed
            put += not closed
        elif step == "take":
            try:
                taken = slot.take(0)
            except EndOfStream:
                assert closed or (finished and slot.counts().unread == 0)
                continue
            assert not closed
            if taken is None:
                assert slot.counts().unread == 0
                continue
            assert taken[0] == put, "only the newest is worth reading"
            delivered.append(taken[0])
            assert taken[1] == slot.counts()
        elif step == "finish":
            finished = True
            slot.finish()
        else:
            closed = True
            slot.close()
        counts = slot.counts()
        assert counts.captured == put
        assert counts.delivered == len(delivered)
        assert counts.captured == counts.delivered + counts.dropped + counts.unread
        assert counts.unread in (0, 1)
    assert delivered == sorted(set(delivered))


@pytest.fixture
def switching_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)
    yield
    sys.setswitchinterval(interval)


def test_the_sums_hold_while_threads_race(switching_often):
    slot = LatestSlot[int]()
    done = threading.Event()
    items = 5_000
    wrong: list[Counts] = []

    def put() -> None:
        for item in range(items):
            slot.put(item)
        slot.finish()

    def watch() -> None:
        while not done.is_set():
            counts = slot.counts()
            if counts.captured != counts.delivered + counts.dropped + counts.unread:
                wrong.append(counts)

    threads = [threading.Thread(target=put), threading.Thread(target=watch)]
    for thread in threads:
        thread.start()
    taken = []
    with pytest.raises(EndOfStream):
        while True:
            taken.append(slot.take(5)[0])
    done.set()
    for thread in threads:
        thread.join(10)
    counts = slot.counts()
    assert not wrong
    assert counts == Counts(captured=items, delivered=len(taken), dropped=items - len(taken))
    assert taken == sorted(set(taken))
    assert taken[-1] == items - 1


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("realtime.sources.handover.time", clock)
    return clock


def play(slot: LatestSlot[int], clock: Clock, work: float) -> None:
    """For two seconds put an item each 10 ms and take the newest each `work` seconds."""
    comes = [(10 * number, True) for number in range(1, 201)]
    takes = [(1000 * work * number, False) for number in range(1, int(2 / work))]
    start = clock.now
    for ms, put in sorted([*comes, *takes]):
        clock.now = start + ms / 1000
        if put:
            slot.put(ms // 10)
        else:
            slot.take(0)


def test_who_is_too_slow_is_given_fresh_items_only(clock):
    slot = LatestSlot[int]()
    play(slot, clock, work=0.025)
    clock.now += 0.01
    slot.put(1000)
    assert slot.wait(0), "it has just come"
    clock.now += 0.004
    assert slot.wait(0), "it came lately"
    clock.now += 0.002
    assert not slot.wait(0), "the next is nearer"
    clock.now += 0.0065
    assert slot.wait(0), "the next is late itself"


def test_a_stale_item_is_left_for_the_next(clock):
    slot = LatestSlot[int]()
    play(slot, clock, work=0.025)
    slot.put(1000)
    clock.now += 0.008
    dropped = slot.counts().dropped
    taken: list[int] = []
    thread = threading.Thread(target=lambda: taken.append(slot.take(10)[0]))
    thread.start()
    thread.join(0.002)  # the clock stands: it would wait longer, were nothing to come
    slot.put(1001)
    thread.join(10)
    assert taken == [1001]
    assert slot.counts().dropped == dropped + 1


@pytest.mark.parametrize("work", [0.005, 0.0099])
def test_who_keeps_up_is_given_everything_at_once(work, clock):
    slot = LatestSlot[int]()
    play(slot, clock, work)
    slot.put(1000)
    clock.now += 0.008
    assert slot.wait(0)


def test_a_single_delay_costs_nothing_more(clock):
    slot = LatestSlot[int]()
    play(slot, clock, work=0.009)
    slot.put(1000)
    slot.put(1001)  # overwrites one
    clock.now += 0.008
    assert slot.wait(0)
    assert slot.take(0)[0] == 1001


def test_no_more_than_the_timeout_is_waited_for_a_fresh_item(clock):
    slot = LatestSlot[int]()
    play(slot, clock, work=0.025)
    slot.put(1000)
    clock.now += 0.008
    assert slot.take(0)[0] == 1000


def test_the_last_item_is_delivered_after_the_end():
    slot = LatestSlot[str]()
    slot.put("old")
    slot.put("last")
    slot.finish()
    assert slot.take()[0] == "last"
    with pytest.raises(EndOfStream):
        slot.take()


def test_taking_gives_up_after_its_timeout():
    slot = LatestSlot[str]()
    before = time.monotonic()
    assert slot.take(0.05) is None
    assert time.monotonic() - before >= 0.05


@pytest.mark.parametrize("handover", [LatestSlot[int](), BoundedQueue[int](2)])
def test_closing_frees_a_waiting_taker(handover):
    ended = threading.Event()

    def take() -> None:
        try:
            handover.take()
        except EndOfStream:
            ended.set()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    time.sleep(0.05)
    handover.close()
    thread.join(10)
    assert ended.is_set()
    assert not handover.put(1)


def test_a_full_queue_makes_the_putter_wait_and_drops_nothing():
    queue = BoundedQueue[int](3)

    def put() -> None:
        for item in range(50):
            queue.put(item)
        queue.finish()

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    time.sleep(0.1)
    assert queue.counts() == Counts(captured=3, unread=3)
    taken = []
    with pytest.raises(EndOfStream):
        while True:
            taken.append(queue.take(5)[0])
    thread.join(10)
    assert taken == list(range(50))
    assert queue.counts().dropped == 0


def test_closing_frees_a_waiting_putter():
    queue = BoundedQueue[int](1)
    queue.put(0)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(queue.put(1)), daemon=True)
    thread.start()
    time.sleep(0.05)
    queue.close()
    thread.join(10)
    assert answers == [False]
    assert queue.counts() == Counts(captured=1, unread=1)
