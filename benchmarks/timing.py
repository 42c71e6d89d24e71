"""How long a call takes: again and again, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

WARM_UPS = 5


def timed(call: Callable[[], Any], seconds: float, least: int) -> list[float]:
    """Return the seconds of each call, made for so many `seconds` and `least` times, after a warm-up."""
    for _ in range(WARM_UPS):
        call()
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken) < least:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken
