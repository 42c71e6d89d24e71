"""The running view: what it shows, that it fits, and plain lines elsewhere."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from realtime.commands.terminal import FullView, NoView, PlainView, console_for, make_view
from realtime.stage_times import StageTimes
from realtime.types import SCHEMA, FaceResult, FrameResult, Pose


def face(track_id: int = 1, smile: float = 3.6) -> FaceResult:
    return FaceResult(
        track_id=track_id,
        bbox=(0, 0, 10, 10),
        pose=Pose(yaw=0.26, pitch=-0.001, roll=0.0),
        pose_group="level",
        confidence=1.0,
        filter_delay=1,
        au_occurrence={"AU12": 0.97, "AU04": 0.05},
        au_intensity={"AU12": smile, "AU04": 0.1},
        expression={"neutral": 0.1, "happiness": 0.9},
    )


def result(*faces: FaceResult, t: float = 0.0) -> FrameResult:
    return FrameResult(
        schema=SCHEMA,
        stream="s",
        generation=0,
        seq=0,
        frame=132,
        t_capture=t,
        wall_offset=0.0,
        t_publish=0.0,
        dropped=2,
        size=(640, 360),
        model="tiny 1.0.0",
        faces=faces,
    )


def times() -> StageTimes:
    stages = StageTimes(["decode", "handover", "track", "latency"])
    for stage, seconds in (("decode", 0.001), ("handover", 0.0005), ("track", 0.006), ("latency", 0.0085)):
        stages.record(stage, seconds)
    return stages


def terminal(width: int, height: int) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, force_terminal=True, width=width, height=height, color_system=None), out


@pytest.mark.parametrize("height", [24, 50])
def test_the_full_view_fits_and_shows_everything(height: int) -> None:
    console, out = terminal(80, height)
    view = make_view(console, times(), "clip.mp4")
    assert isinstance(view, FullView)
    view.total = 472
    with view:
        view.show(result(face()))
    text = out.getvalue()
    for word in (
        "clip.mp4",
        "frame 132/472",
        "dropped 2",
        "lip corner puller",
        "3.6",
        "97%",
        "yaw +15°",
        "pitch +0°",
    ):
        assert word in text, word
    assert "happiness" in text
    assert "capture to publish 8.5 ms" in text
    console, out = terminal(80, height)
    console.print(view.render(result(face())))
    lines = out.getvalue().splitlines()
    assert len(lines) <= height
    assert all(len(line) <= 80 for line in lines)


def test_bars_grow_with_intensity() -> None:
    lengths = []
    for smile in (0.0, 1.0, 2.5, 5.0):
        console, out = terminal(80, 50)
        console.print(FullView(console, None, "x").render(result(face(smile=smile))))
        line = next(line for line in out.getvalue().splitlines() if "AU12" in line)
        lengths.append(line.count("█"))
    assert lengths == [0, 4, 10, 20]


def test_faces_that_do_not_fit_get_a_line_each() -> None:
    console, out = terminal(80, 50)
    console.print(FullView(console, None, "x").render(result(face(1), face(2), face(3))))
    assert "face 2  yaw +15°" in out.getvalue()
    assert "face 3  yaw +15°" in out.getvalue()
    wide, out = terminal(200, 50)
    wide.print(FullView(wide, None, "x").render(result(face(1), face(2), face(3))))
    assert out.getvalue().count("lip corner puller") == 3


def test_no_face_is_said() -> None:
    console, out = terminal(80, 24)
    console.print(FullView(console, None, "x").render(result()))
    assert "no face" in out.getvalue()


def test_plain_lines_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    view = make_view(Console(file=out, width=200), times(), "clip.mp4")
    assert isinstance(view, PlainView)
    with view:
        view.say("CSV out.csv")
        for k in range(61):
            view.show(result(face(), t=k / 30))
    lines = out.getvalue().splitlines()
    assert lines[0] == "CSV out.csv"
    assert len(lines) == 2, "one line a second, and the last result at the end"
    assert "30.0 fps" in lines[-1]
    assert "AU12 3.6" in lines[-1]
    assert "happiness 90%" in lines[-1]
    assert "\x1b" not in out.getvalue()


def test_presence_follows_the_models_thresholds() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=50, color_system="standard")
    console.print(FullView(console, None, "x", {"AU12": 0.99}).render(result(face())))
    line = next(line for line in out.getvalue().splitlines() if "AU12" in line)
    assert "\x1b[1;32m" not in line, "0.97 is below the model's threshold"


def test_a_terminal_that_takes_nothing_stops_nobody() -> None:
    class Stuck(io.StringIO):
        def write(self, text: str) -> int:
            threading.Event().wait(30)
            return len(text)

    view = PlainView(Console(file=Stuck(), width=80), None)
    view.interval_s = 0.01
    with view:
        for k in range(1000):
            view.show(result(face(), t=k / 30))


def test_a_reader_that_has_gone_ends_the_drawing_only() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    view = PlainView(console_for(Gone()), None)
    with view:
        view.show(result(face()))


def test_no_view_shows_nothing() -> None:
    with NoView() as view:
        view.show(result(face()))


def test_silence_is_shown_instead_of_an_old_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime.commands import terminal as module

    monkeypatch.setattr(module, "SILENCE_S", 0.0)
    console, out = terminal(80, 24)
    console.print(FullView(console, None, "x").render(result(face())))
    assert "no frame for 0 s" in out.getvalue()
