"""A page server to look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from realtime.page.page_sink import PageSink


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[PageSink]:
    """A page of two AUs on any free port."""
    with PageSink(
        "127.0.0.1:0",
        title="test",
        aus=("AU04", "AU12"),
        thresholds={"AU04": 0.3},
        recordings=tmp_path / "recordings",
    ) as opened:
        yield opened


@pytest.fixture
def until() -> Callable[..., None]:
    """Return a function that waits until something holds, and fails with its last answer."""

    def wait(holds: Callable[[], object], seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while True:
            answer: object = None
            with suppress(KeyError):
                answer = holds()
            if answer:
                return
            assert time.monotonic() < end, answer
            time.sleep(0.02)

    return wait
