"""Turns: fair under load, without delay where there is room."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.turns import Turn, Turns


def work(turn: Turn, seconds: float, until: float, tally: list[float]) -> None:
    while time.monotonic() < until:
        turn.begin()
        time.sleep(seconds)
        tally.append(seconds)
        turn.end(more=True)
    turn.end()


def compete(places: int, streams: list[tuple[float, float]], seconds: float = 0.6) -> list[int]:
    """Turns that streams got, each with a priority and the seconds one of its turns takes."""
    turns = Turns(places)
    tallies: list[list[float]] = [[] for _ in streams]
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=work, args=(turns.join(priority), takes, until, tally))
        for (priority, takes), tally in zip(streams, tallies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [len(tally) for tally in tallies]


def test_all_get_as_many_whatever_a_turn_takes() -> None:
    counts = compete(1, [(1.0, 0.002), (1.0, 0.006), (1.0, 0.002)])
    # Alike in time they would be 3 : 1 : 3. A thread that the machine holds up between two turns loses one.
    assert min(counts) >= 0.8 * max(counts)


def test_priority_is_a_share() -> None:
    low, high = compete(1, [(1.0, 0.004), (3.0, 0.004), (1.0, 0.004)])[:2]
    assert 2.4 * low <= high <= 3.6 * low + 2


def test_a_priority_above_half_of_the_machine() -> None:
    low, high = compete(1, [(1.0, 0.004), (9.0, 0.004)])
    assert 6 * low <= high


def test_no_more_at_once_than_places() -> None:
    inside = most = 0
    lock = threading.Lock()
    turns = Turns(2)

    def stream(turn: Turn) -> None:
        nonlocal inside, most
        for number in range(20):
            turn.begin()
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.001)
            with lock:
                inside -= 1
            turn.end(more=number < 19)

    threads = [threading.Thread(target=stream, args=(turns.join(),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_a_pause_saves_nothing_up() -> None:
    turns = Turns(1)
    busy, idle = turns.join(), turns.join()
    for _ in range(1000):
        busy.begin()
        busy.end()
    idle.begin()
    idle.end()
    assert idle.clock >= 999


def test_a_place_that_was_kept_can_be_given_back() -> None:
    turns = Turns(1)
    one, other = turns.join(), turns.join()
    one.begin()
    one.end(more=True)
    one.end()
    one.end()
    other.begin()
    assert other.placed and not one.placed


def test_who_had_fewer_turns_goes_first() -> None:
    turns = Turns(2)
    had_many, had_few, holder, longest = (turns.join() for _ in range(4))
    longest.begin()  # all are put level with it for the time being: it was the last to begin
    for _ in range(3):
        had_many.begin()
        had_many.end()
    order: list[str] = []

    def ask(name: str, turn: Turn) -> None:
        turn.begin()
        order.append(name)
        turn.end()

    holder.begin()
    holder.clock = 0.0
    threads = []
    had_few.clock = had_many.clock
    had_many.clock += 1
    for name, turn in (("many", had_many), ("few", had_few)):
        threads.append(threading.Thread(target=ask, args=(name, turn)))
        threads[-1].start()
        while len(turns._waiting) < len(threads):
            time.sleep(0.001)
    holder.end()
    for thread in threads:
        thread.join()
    assert order == ["few", "many"]


@given(st.floats(max_value=0.0), st.integers(max_value=0))
def test_bad_numbers_are_refused(priority: float, places: int) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Turns(1).join(priority)
    with pytest.raises(ValueError, match="must be 1 or more"):
        Turns(places)
