"""A browser's camera: Chromium plays a film for one, over real WebRTC."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from urllib.error import HTTPError

import av
import numpy as np
import pytest
from chromium import QUIET
from command_line import LIVEFACS
from playwright.sync_api import Browser, Page, expect

from realtime.errors import EndOfStream, SinkError
from realtime.page.page_sink import PageSink
from realtime.page.visitor_camera import VisitorCamera
from realtime.sources import open_source
from realtime.sources.browser import WAITING, BrowserSource


def picture(level: int = 100, size: tuple[int, int] = (64, 48)) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), level, np.uint8), "rgb24")
    frame.pts, frame.time_base = level, Fraction(1, 90000)
    return frame


@pytest.fixture
def source() -> Iterator[BrowserSource]:
    with BrowserSource() as opened:
        yield opened


def test_the_newest_picture_is_read(source: BrowserSource) -> None:
    assert (source.state, source.detail) == ("connecting", WAITING)
    source.begin()
    for level in (10, 20, 30):
        source.give(picture(level), float(level))
    frame = source.read(0.0)
    assert frame is not None
    assert (frame.image[0, 0, 0], frame.number, frame.t_capture, frame.dropped) == (30, 3, 30.0, 2)
    assert (source.state, source.captured, source.dropped) == ("live", 3, 2)
    assert source.read(0.0) is None


def test_another_camera_or_size_begins_anew(source: BrowserSource) -> None:
    source.begin()
    generations = []
    for size in ((64, 48), (64, 48), (48, 64)):
        source.give(picture(size=size), time.monotonic())
        frame = source.read(0.0)
        assert frame is not None and frame.size == size
        generations.append(frame.generation)
    source.lost()
    assert source.state == "connecting"
    source.begin()
    source.give(picture(size=(48, 64)), time.monotonic())
    frame = source.read(0.0)
    assert frame is not None
    assert [*generations, frame.generation] == [1, 1, 2, 3]


def test_a_camera_that_sends_nothing_is_stalled() -> None:
    with BrowserSource(stall_timeout=0.02) as source:
        source.read(0.05)
        assert source.state == "connecting"  # nobody sends: that is no fault
        source.begin()
        source.read(0.05)
        assert source.state == "stalled"
        source.give(picture(), time.monotonic())
        source.read(0.0)
        assert source.state == "live"


def test_a_cap_leaves_pictures_out() -> None:
    with BrowserSource(max_fps=10) as source:
        source.begin()
        for number in range(30):
            source.give(picture(), number / 30)
            source.read(0.0)
        assert source.captured - source.dropped == 10


def test_closing_wakes_who_waits(source: BrowserSource) -> None:
    threading.Timer(0.05, source.close).start()
    with pytest.raises(EndOfStream):
        source.read(10.0)
    assert source.state == "ended"


def test_it_has_a_name_among_sources() -> None:
    source = open_source("browser", reconnect=True, max_fps=15)
    assert isinstance(source, BrowserSource)
    assert (source.name, source.live, source.max_fps) == ("browser", True, 15)
    assert open_source("browser", name="visitor").name == "visitor"


def post(url: str, content: object) -> dict:
    request = urllib.request.Request(url, json.dumps(content).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize("offer", [{"sdp": "nonsense"}, {"sdp": "v=0\r\n"}, {}, []])
def test_an_offer_that_is_none_is_refused_and_the_next_is_taken(source: BrowserSource, offer: object) -> None:
    with PageSink("127.0.0.1:0", camera=source) as sink:
        with pytest.raises(HTTPError) as caught:
            post(f"{sink.url}camera", offer)
        assert caught.value.code == 400
        assert source.state == "connecting"


def test_without_the_package_the_way_out_is_named(
    source: BrowserSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "aiortc", None)
    with pytest.raises(SinkError, match=r"livefacs\[webrtc\]"):
        VisitorCamera.check()
    with pytest.raises(SinkError), PageSink("127.0.0.1:0", camera=source):
        pass


@pytest.fixture(scope="module")
def film(clip: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real face as Chromium wants its pretended camera: Motion JPEG."""
    out = tmp_path_factory.mktemp("film") / "face.mjpeg"
    with av.open(clip("single_face.mp4")) as reader, av.open(out, "w", format="mjpeg") as writer:
        stream = writer.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuvj420p"
        for number, frame in enumerate(reader.decode(video=0)):
            shown = frame.reformat(640, 360, "yuvj420p")
            shown.pts, shown.time_base = number, Fraction(1, 25)
            writer.mux(stream.encode(shown))
        writer.mux(stream.encode(None))
    return out


@pytest.fixture
def visitor(browser: Browser, film: Path) -> Iterator[Page]:
    """A page in a browser with a camera, whose user has allowed it."""
    started = browser.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
        args=[
            *QUIET,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    yield started.new_context(viewport={"width": 1280, "height": 800}).new_page()
    started.close()


def test_whoever_opens_the_page_is_read(visitor: Page, face_model_path: Path, until: Callable) -> None:
    command = [str(LIVEFACS), "run", "browser", "--view-at", "0", "--publish", "none", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        try:
            said = next(line for line in run.stdout if "live page" in line)
            visitor.goto(said.split()[-1])
            expect(visitor.locator("#notice")).to_contain_text("press Use my camera")
            visitor.click("#camera")
            expect(visitor.locator("#state")).to_have_text("live", timeout=20_000)
            expect(visitor.locator("#faces button")).to_have_count(1, timeout=20_000)
            until(lambda: visitor.locator("[data-au=AU12] output").first.inner_text() != "–")
            assert visitor.evaluate("document.getElementById('picture').width") >= 320
            visitor.click("#camera")
            expect(visitor.locator("#camera")).to_have_text("Use my camera")
            expect(visitor.locator("#state")).to_have_text("connecting")
            visitor.click("#camera")
            expect(visitor.locator("#state")).to_have_text("live", timeout=20_000)
            visitor.close()  # who leaves takes the camera along; the run waits for the next
            assert run.poll() is None
        finally:
            run.terminate()
            run.communicate(timeout=30)
    assert run.returncode == 0


def test_the_newest_page_has_the_camera(visitor: Page, source: BrowserSource, until: Callable) -> None:
    with PageSink("127.0.0.1:0", camera=source) as sink:
        other = visitor.context.new_page()
        for page in (visitor, other):
            page.goto(sink.url)
        for number, page in enumerate((visitor, other), start=1):
            page.click("#camera")
            expect(page.locator("#camera")).to_have_text("Stop my camera")
            until(lambda n=number: (frame := source.read(1.0)) is not None and frame.generation >= n)
        expect(visitor.locator("#camera")).to_have_text("Use my camera", timeout=10_000)
        until(lambda: source.read(1.0) is not None)
        other.close()
