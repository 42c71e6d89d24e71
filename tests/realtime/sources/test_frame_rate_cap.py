"""Which pictures a capped stream takes: as many as asked for, evenly, and none that could be fresher."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import OptionError
from realtime.sources import open_source
from realtime.sources.frame_rate_cap import FrameRateCap

RATES = st.floats(0.5, 120.0)


def admitted(cap: float, times: list[float]) -> list[float]:
    chooser = FrameRateCap(cap)
    return [t for t in times if chooser.admits(t)]


def camera(fps: float, jitter: list[float]) -> list[float]:
    """When the pictures of a camera come whose every period is off by a share of it, up to a tenth."""
    return [(number + off) / fps for number, off in enumerate(jitter)]


JITTER = st.lists(st.floats(-0.1, 0.1), min_size=200, max_size=200)


@given(RATES, RATES, JITTER)
def test_the_rate_is_the_lower_of_both(cap: float, fps: float, jitter: list[float]) -> None:
    times = camera(fps, jitter)
    taken = len(admitted(cap, times))
    seconds = times[-1] - times[0]
    assert taken <= cap * seconds + 2.5
    assert taken >= min(cap, 0.85 * fps) * seconds - 2 if cap < fps else taken >= 0.85 * len(times)


@given(st.floats(1.0, 60.0), st.lists(st.floats(-0.1, 0.1), min_size=100, max_size=100))
def test_a_camera_of_that_very_rate_loses_nothing(fps: float, jitter: list[float]) -> None:
    times = camera(fps, jitter)
    assert len(admitted(fps, times)) >= len(times) - 1


def test_every_third_of_a_camera_thrice_as_fast() -> None:
    times = [number / 30 for number in range(90)]
    assert admitted(10.0, times) == times[::3]


@given(RATES, st.floats(0.1, 1e4))
def test_nothing_is_saved_up_in_a_pause(cap: float, pause: float) -> None:
    chooser = FrameRateCap(cap)
    assert chooser.admits(0.0)
    after = [1 / cap + pause + number / (100 * cap) for number in range(70)]
    assert sum(chooser.admits(t) for t in after) <= 2


def test_a_capped_camera_counts_what_it_leaves_out() -> None:
    with open_source("lavfi:testsrc=size=64x64:rate=50", max_fps=10) as source:
        end = time.monotonic() + 1.5
        frames = []
        while time.monotonic() < end:
            frame = source.read(0.05)
            if frame is not None:
                frames.append(frame)
    assert 10 <= len(frames) <= 17
    assert all(time_b.number > time_a.number for time_a, time_b in zip(frames, frames[1:], strict=False))
    assert source.captured >= len(frames) + source.dropped > 3 * len(frames)


@pytest.mark.parametrize("cap", [0.0, -5.0, float("nan"), float("inf")])
def test_a_cap_is_a_rate(cap: float) -> None:
    with pytest.raises(OptionError, match="must be above 0 frames a second"):
        open_source("webcam:0", max_fps=cap)


def test_a_file_gives_every_frame() -> None:
    with pytest.raises(OptionError, match=r"clip\.mp4 is a file, which gives every frame; with --realtime"):
        open_source("clip.mp4", max_fps=10)
