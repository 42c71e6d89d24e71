from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_scene import decoded, parsed
from websockets.sync.client import connect
from wire_samples import result

from realtime.errors import SourceError
from realtime.page.replay import MOST_PAST, Replay
from realtime.page.video import Video

FPS = 25
FRAMES = 90


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """H.264 with B-frames and a key frame every 30, whose brightness tells the frame."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "30", "bf": "2", "qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(FRAMES):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 + 2 * number, np.uint8), "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def number_of(image: np.ndarray) -> int:
    return int((float(image.mean()) - 18.9) // 2)  # colours come back up to 1 darker


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, FRAMES - 1), min_size=1, max_size=12))
def test_pictures_are_found_in_any_order(video: Path, order: list[int]) -> None:
    with Video(video) as pictures:
        for number in order:
            assert number_of(pictures.at(number / FPS)) == number
            assert number_of(pictures.at((number + 0.6) / FPS)) == number


def test_before_the_first_and_after_the_last_the_nearest_is_shown(video: Path) -> None:
    with Video(video) as pictures:
        assert number_of(pictures.at(1000.0)) == FRAMES - 1
        assert number_of(pictures.at(-3.0)) == 0
        assert pictures.frame_rate == FPS


def test_no_frame_of_a_real_encoders_file_is_left_out() -> None:
    """At the end a decoder gives what it held back, several at once."""
    clip = Path(__file__).parents[3] / "examples" / "rendered_face.mp4"
    with av.open(clip) as container:
        times = [frame.time for frame in container.decode(video=0)]
    with Video(clip) as pictures, Video(clip) as again:
        last = [pictures.at(time) for time in times][-6:]
        for expected, time in zip(last, times[-6:], strict=True):
            np.testing.assert_array_equal(again.at(time), expected)
        assert all((a != b).any() for a, b in zip(last, last[1:], strict=False))


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100])
def test_what_is_no_video_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    with pytest.raises(SourceError, match="cannot be shown") as caught:
        Video(tmp_path / "x.mp4").open()
    assert "\n" not in str(caught.value)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "run.jsonl"
    lines = [result(seq, size=(64, 48)) for seq in range(FRAMES)]
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in lines))
    return path


def test_any_frame_comes_with_its_picture(recording: Path, video: Path) -> None:
    with (
        Replay(recording, video, address="127.0.0.1:0") as replay,
        connect(replay.url.replace("http", "ws") + "live", legacy=True) as client,
    ):
        hello = json.loads(client.recv(5))
        assert hello["mode"] == "replay"
        assert hello["seconds"] == pytest.approx([seq / FPS for seq in range(FRAMES)])
        for position in (1, 60, 12, FRAMES, 9999):
            client.send(json.dumps({"position": position}))
            header, _, jpeg = parsed(client.recv(5))
            shown = min(position, FRAMES)
            assert (header["position"], header["total"], header["result"]["seq"]) == (
                shown,
                FRAMES,
                shown - 1,
            )
            assert number_of(decoded(jpeg)) == pytest.approx(shown - 1, abs=1)
        client.send(json.dumps({"position": 50, "past": True, "pictures": False}))
        past = json.loads(client.recv(5))
        assert [one["seq"] for one in past["results"]] == list(range(50))
        assert parsed(client.recv(5))[2] == b""


def test_the_past_is_half_a_minute_thinned_out(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(result(seq, faces=())) + b"\n" for seq in range(2500)))
    with Replay(path, address="127.0.0.1:0") as replay:
        past = json.loads(replay.past(2000))["results"]
    assert len(past) == MOST_PAST
    assert (past[0]["seq"], past[-1]["seq"]) == (1999 - 30 * FPS, 1999)


def test_without_time_stamps_frames_are_counted(recording: Path, video: Path) -> None:
    lines = [msgspec.json.decode(line) for line in recording.read_bytes().splitlines()]
    for one in lines:
        del one["pts"], one["time_base"]
    recording.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in lines))
    with Replay(recording, video, address="127.0.0.1:0") as replay:
        _, _, jpeg = parsed(replay._thread.submit(replay.scene, 31).result())
    assert number_of(decoded(jpeg)) == pytest.approx(30, abs=1)


def test_a_wrong_video_leaves_nothing_open(recording: Path, tmp_path: Path, until: Callable) -> None:
    (tmp_path / "x.mp4").touch()
    replay = Replay(recording, tmp_path / "x.mp4", address="127.0.0.1:0")
    with pytest.raises(SourceError, match=r"x\.mp4"):
        replay.open()
    replay.close()
