"""Who may work when several streams share a processor: in turns, alike under overload.

A machine that keeps up gives a turn at once to whoever asks. One that does not gives the next to the stream
that had the fewest, counted by priority, and meanwhile newer frames overwrite those that wait: each stream
slows, and none grows old.
"""

from __future__ import annotations

import threading


class Turns:
    """So many places to work in at once, given out fairly: start-time fair queuing, a frame being the unit.

    A stream's turns advance its clock by 1 / priority each; the lowest clock is served first. One that asked
    for little meanwhile is put level with the others, so that it cannot claim afterwards what it never used.

    Source: Goyal, Vin & Cheng, "Start-time Fair Queuing", SIGCOMM 1996.

    Args:
        places: how many may work at once, 1 or more; on a CPU its cores.
    """

    def __init__(self, places: int) -> None:
        if places < 1:
            raise ValueError(f"places {places}: must be 1 or more")
        self._free = places
        self._lock = threading.Lock()
        self._waiting: list[Turn] = []
        self._now = 0.0  # the clock of the turn that was begun last
        self._joined = 0

    def join(self, priority: float = 1.0) -> Turn:
        """Return the turn of one more stream, which gets `priority` times the turns of one with 1."""
        if not priority > 0:
            raise ValueError(f"priority {priority}: must be above 0")
        with self._lock:
            self._joined += 1
            return Turn(self, 1.0 / priority, self._joined)

    def begin(self, turn: Turn) -> None:
        """Wait for a place (`Turn.begin`)."""
        with self._lock:
            if turn.placed:
                return
            turn.clock = max(turn.clock, self._now)
            if self._free:
                self._free -= 1
                self._place(turn)
                return
            self._waiting.append(turn)
        turn.granted.acquire()

    def end(self, turn: Turn, more: bool) -> None:
        """Give a place to whoever is next (`Turn.end`)."""
        with self._lock:
            if not turn.placed:
                return
            turn.clock += turn.cost
            turn.placed = False
            following = min([*self._waiting, turn] if more else self._waiting, key=_order, default=None)
            if following is None:
                self._free += 1
                return
            self._place(following)
            if following is turn:
                return
            self._waiting.remove(following)
        following.granted.release()

    def _place(self, turn: Turn) -> None:
        turn.placed = True
        self._now = max(self._now, turn.clock)


class Turn:
    """One stream's claim, used by one thread: `begin` waits for a place, `end` gives it back.

    Attributes:
        cost: by which a turn advances its clock.
        clock: turns had so far, weighed by their cost, and level with the others after a pause.
        number: of the stream, for a tie.
        placed: whether it has a place now.
        granted: released by whoever hands a place over.
    """

    def __init__(self, turns: Turns, cost: float, number: int) -> None:
        self._turns = turns
        self.cost = cost
        self.clock = 0.0
        self.number = number
        self.placed = False
        self.granted = threading.Semaphore(0)

    def begin(self) -> None:
        """Wait for a place; at once if there is a free one, or if `end` has kept it."""
        self._turns.begin(self)

    def end(self, *, more: bool = False) -> None:
        """Give the place back; does nothing without one.

        Args:
            more: the stream has work at hand and begins at once: it keeps the place if it is next.
        """
        self._turns.end(self, more)


def _order(turn: Turn) -> tuple[float, int]:
    return turn.clock, turn.number
