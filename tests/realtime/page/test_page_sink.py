"""What a page is sent, read by a WebSocket client that does as `connection.js`."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from urllib.error import HTTPError

import numpy as np
import pytest
from parts import face, frame
from test_scene import parsed
from websockets.sync.client import ClientConnection, connect
from wire_samples import result, status

from realtime.page.page_sink import PageSink
from realtime.page.viewer import UNDRAWN


def opened(sink: PageSink) -> ClientConnection:
    client = connect(sink.url.replace("http", "ws") + "live", legacy=True)
    hello = json.loads(client.recv(5))
    assert hello["kind"] == "hello"
    client.hello = hello  # type: ignore[attr-defined]
    return client


def order(client: ClientConnection, **wishes: object) -> None:
    client.send(json.dumps(wishes))


def scene(client: ClientConnection, timeout: float = 5) -> tuple[dict, list, bytes]:
    """The next scene, whatever else comes before."""
    while isinstance(message := client.recv(timeout), str):
        pass
    return parsed(message)


def show(sink: PageSink, seq: int, stream: str = "cam1", level: int = 0) -> None:
    """What a pipeline does with each frame."""
    sink.write(result(seq, stream=stream))
    if sink.wants_pictures(stream):
        picture = frame(seq + 1)
        picture.image[:] = level
        sink.picture(result(seq, stream=stream), picture, [face()])


def post(sink: PageSink, path: str, content: object) -> dict:
    request = urllib.request.Request(sink.url + path, json.dumps(content).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def test_a_page_learns_what_it_must_know(sink: PageSink) -> None:
    with opened(sink) as client:
        hello = client.hello
    assert hello["aus"] == ["AU04", "AU12"]
    assert hello["names"]["AU12"] == "lip corner puller"
    assert hello["descriptions"].keys() == hello["names"].keys()
    assert hello["thresholds"] == {"AU04": 0.3}


def test_numbers_and_picture_are_of_one_frame(sink: PageSink, until: Callable) -> None:
    with opened(sink) as client:
        until(lambda: sink.wants_pictures("cam1"))
        for seq in range(6):
            show(sink, seq, level=seq * 40)
            header, meshes, jpeg = scene(client)
            assert header["result"]["seq"] == seq
            assert len(meshes) == 1
            assert abs(brightness(jpeg) - seq * 40) < 3
            order(client, drawn=1)


def brightness(jpeg: bytes) -> float:
    import io

    import av

    with av.open(io.BytesIO(jpeg)) as container:
        return float(next(container.decode(video=0)).to_ndarray(format="rgb24").mean())


def test_a_picture_is_wanted_only_while_a_page_shows_it(sink: PageSink, until: Callable) -> None:
    assert not sink.wants_pictures("cam1")
    with opened(sink) as client:
        until(lambda: sink.wants_pictures("cam1"))
        order(client, stream="cam2")
        until(lambda: not sink.wants_pictures("cam1"))
        assert sink.wants_pictures("cam2")
        order(client, pictures=False)
        until(lambda: not sink.wants_pictures("cam2"))
        show(sink, 0, "cam2")
        assert scene(client)[2] == b""
        order(client, pictures=True, watching=False)
        time.sleep(0.1)
        assert not sink.wants_pictures("cam2")
        order(client, watching=True)
        until(lambda: sink.wants_pictures("cam2"))
    until(lambda: not sink.wants_pictures("cam2"))


def test_a_page_that_does_not_draw_gets_no_queue(sink: PageSink, until: Callable) -> None:
    with opened(sink) as client:
        until(lambda: sink.wants_pictures("cam1"))
        for seq in range(60):
            show(sink, seq)
            time.sleep(0.005)
        time.sleep(0.2)
        got = [scene(client)[0]["result"]["seq"] for _ in range(UNDRAWN)]
        with pytest.raises(TimeoutError):
            scene(client, 0.3)
        assert got[-1] < 59
        order(client, drawn=1)
        assert scene(client)[0]["result"]["seq"] == 59  # the newest, none of those between


def test_showing_never_waits_for_a_page(sink: PageSink, until: Callable) -> None:
    """A browser that takes nothing: 200 pictures of full size would fill every buffer on the way."""
    with opened(sink) as client:
        until(lambda: sink.wants_pictures("cam1"))
        noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
        slowest = 0.0
        for seq in range(200):
            before = time.perf_counter()
            sink.picture(result(seq), frame_of(noise, seq), [face()])
            slowest = max(slowest, time.perf_counter() - before)
        assert slowest < 1.0
        client.close()


def frame_of(image: np.ndarray, seq: int):
    import dataclasses

    return dataclasses.replace(frame(seq + 1), image=image)


def test_no_more_than_thirty_scenes_a_second(sink: PageSink, until: Callable) -> None:
    with opened(sink) as client:
        until(lambda: sink.wants_pictures("cam1"))
        begun = time.monotonic()
        shown = 0
        seq = 0
        while time.monotonic() < begun + 1.0:
            show(sink, seq)
            seq += 1
            try:
                scene(client, 0.002)
            except TimeoutError:
                continue
            shown += 1
            order(client, drawn=1)
        assert shown <= 36


def test_statuses_and_recordings_are_told(sink: PageSink) -> None:
    sink.write(result(0))
    sink.status(status(fps=12.5))
    name = post(sink, "recordings", {"stream": "cam1", "format": "jsonl"})["name"]
    with opened(sink) as client:
        sink.write(result(1))
        sink.status(status(fps=13.5))
        told = {}
        while set(told) != {"status", "recordings"} or not told["recordings"]["running"]:
            message = client.recv(5)
            if isinstance(message, str):
                news = json.loads(message)
                told[news["kind"]] = news
    assert told["status"]["status"]["stream"] == "cam1"
    assert told["recordings"]["running"][0]["name"] == name


def test_a_recording_is_begun_ended_and_downloaded(sink: PageSink) -> None:
    sink.write(result(0))
    made = post(sink, "recordings", {"stream": "cam1", "format": "csv", "thresholds": {"AU12": 0.01}})
    for seq in range(1, 6):
        sink.write(result(seq))
    ended = post(sink, f"recordings/{made['name']}/end", {})
    assert ended["frames"] == 5 and ended["kept"]
    with urllib.request.urlopen(f"{sink.url}recordings/{made['name']}", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    assert len(lines) == 6
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert row["AU12_c"] == "1"


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("recordings", {"stream": "nobody"}, "no stream"),
        ("recordings", {"stream": "cam1", "format": "xls"}, "csv or jsonl"),
        ("recordings", [], "Expected"),
        ("recordings/other.csv/end", {}, "no recording"),
    ],
)
def test_what_cannot_be_recorded_is_said(sink: PageSink, path: str, content: object, words: str) -> None:
    sink.write(result(0))
    with pytest.raises(HTTPError) as caught:
        post(sink, path, content)
    assert caught.value.code == 400
    assert words in json.load(caught.value)["error"]


@pytest.mark.parametrize("nonsense", ["{", "[]", '{"drawn": "x"}', "\0"])
def test_nonsense_ends_that_page_and_no_other(sink: PageSink, nonsense: str) -> None:
    with opened(sink) as client, opened(sink) as other:
        client.send(nonsense)
        show(sink, 0)
        assert scene(other)[0]["result"]["seq"] == 0


def test_what_is_being_recorded_when_the_run_ends_is_kept(sink: PageSink, tmp_path) -> None:
    sink.write(result(0))
    post(sink, "recordings", {"stream": "cam1", "format": "jsonl"})
    sink.write(result(1))
    sink.close()
    (kept,) = (tmp_path / "recordings").iterdir()
    assert len(kept.read_text().splitlines()) == 1
