"""What PyAV stumbles over is told apart from faults of our own, and a known stumble is none at all."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tiny_clips import number_in, numbered, write_clip

from realtime.sources.container import (
    MissingFormatError,
    UnreadableError,
    choose_video,
    open_container,
    packets_of,
    pyav_alone,
)
from realtime.sources.spec import Spec


def test_what_pyav_stumbles_over_is_the_datas_fault() -> None:
    with pytest.raises(UnreadableError, match="IndexError"), pyav_alone():
        [][0]
    with pytest.raises(av.error.InvalidDataError), pyav_alone():
        raise av.error.InvalidDataError(1, "x")
    with pytest.raises(KeyboardInterrupt), pyav_alone():
        raise KeyboardInterrupt


def test_a_format_that_this_build_lacks_is_told_apart() -> None:
    with pytest.raises(MissingFormatError, match="nonesuch"):
        open_container(Spec("webcam", "webcam:0", "webcam0", "/dev/video0", "nonesuch"), 1.0)


class Pipe:
    """A file that cannot seek, so that its end is not known when it is opened."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def read(self, size: int) -> bytes:
        return self._file.read(size)


def with_sound(path: Path, first: int, count: int) -> bytes:
    """A clip whose pictures carry numbers from `first`, and its silence."""
    with av.open(str(path), "w") as output:
        video, sound = output.add_stream("libx264", rate=25), output.add_stream("aac", rate=8000)
        video.width, video.height, video.pix_fmt, video.thread_count = 128, 64, "yuv420p", 1
        for number in range(first, first + count):
            image = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            image.pts, image.time_base = number, Fraction(1, 25)
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 320), np.float32), "fltp", "mono")
            silence.sample_rate, silence.pts = 8000, number * 320
            output.mux([*video.encode(image), *sound.encode(silence)])
        output.mux([*video.encode(None), *sound.encode(None)])
    return path.read_bytes()


def test_sound_that_is_switched_on_later_is_no_fault(tmp_path) -> None:
    silent = write_clip(tmp_path / "silent.ts", frames=60).read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(silent + with_sound(tmp_path / "loud.ts", first=60, count=40))
    container = av.open(Pipe(path), options={"probesize": "5000", "analyzeduration": "0"})
    assert len(container.streams) == 1
    video = choose_video(container)
    seen = [
        number_in(frame.to_ndarray(format="rgb24"))
        for packet in packets_of(container, video)
        for frame in packet.decode()
    ]
    assert len(container.streams) == 1, "PyAV looks only once"
    assert seen[-1] == 99
