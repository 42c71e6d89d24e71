"""The page in a real Chromium, fed by this process."""

from __future__ import annotations

import csv
import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from parts import face as seen_face
from parts import frame
from playwright.sync_api import Browser, Page, expect
from wire_samples import face, result, status

from realtime.page.page_sink import PageSink
from realtime.page.replay import Replay
from realtime.types import FaceResult, Percentiles

SIZE = (640, 480)


class Show:
    """Feeds a sink 30 frames a second, as a pipeline does, with faces that the test may change."""

    def __init__(self, sink: PageSink) -> None:
        self.faces: tuple[FaceResult, ...] = (smiling(0.5),)
        self.streams = ("cam1",)
        self.light = 120
        self.statuses = {"state": "live", "fps": 30.0}
        self.frames = 0
        self._sink = sink
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Show:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(1 / 30):
            for stream in self.streams:
                self._show(stream)
            self.frames += 1

    def _show(self, stream: str) -> None:
        now = result(self.frames, stream, faces=self.faces, size=SIZE)
        self._sink.write(now)
        if self._sink.wants_pictures(stream):
            picture = np.full((SIZE[1], SIZE[0], 3), self.light, np.uint8)
            marks = [seen_face(one.track_id) for one in self.faces]
            self._sink.picture(now, dataclasses.replace(frame(self.frames + 1), image=picture), marks)
        if self.frames % 10 == 0:
            stages = {"latency": Percentiles(0.012, 0.02, 0.05)}
            self._sink.status(status(stream, dropped=3, stages=stages, **self.statuses))


def smiling(level: float, track_id: int = 1, **changes: object) -> FaceResult:
    """A face that does AU12 alone."""
    return face(
        track_id,
        au_occurrence={"AU04": 0.1, "AU12": level},
        au_intensity={"AU04": 0.2, "AU12": 5 * level},
        expression={"neutral": 1 - level, "happiness": level},
        **changes,
    )


@pytest.fixture
def show(sink: PageSink) -> Iterator[Show]:
    with Show(sink) as running:
        yield running


def opened(page: Page, sink: PageSink) -> Page:
    page.goto(sink.url)
    expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#picture")).to_have_attribute("data-frame", matching(r"\d+"))
    return page


def matching(pattern: str) -> object:
    import re

    return re.compile(pattern)


def bar(page: Page, au: str) -> float:
    """Share of its track that an AU's bar fills."""
    return float(
        page.evaluate(
            "au => { const i = document.querySelector(`[data-au=${au}] .meter i`);"
            " return i.getBoundingClientRect().width / i.parentElement.getBoundingClientRect().width; }",
            au,
        )
    )


def pixel(page: Page, x: float, y: float) -> list[int]:
    """RGB of the drawn picture, at shares of its width and height."""
    return page.evaluate(
        "([x, y]) => { const c = document.getElementById('picture');"
        " return [...c.getContext('2d').getImageData(c.width * x, c.height * y, 1, 1).data].slice(0, 3); }",
        [x, y],
    )


def test_picture_and_bars_move(page: Page, sink: PageSink, show: Show, until: Callable) -> None:
    opened(page, sink)
    until(lambda: abs(bar(page, "AU12") - 0.5) < 0.02)
    assert bar(page, "AU04") < 0.1
    until(lambda: abs(pixel(page, 0.98, 0.98)[0] - 120) < 4)
    show.light, show.faces = 220, (smiling(0.9),)
    until(lambda: abs(pixel(page, 0.98, 0.98)[0] - 220) < 4)
    until(lambda: abs(bar(page, "AU12") - 0.9) < 0.02)
    row = page.locator("[data-au=AU12]")
    expect(row).to_have_class(matching("present"))
    expect(row.locator("output").first).to_have_text("4.5")
    expect(page.locator("[data-expression=happiness] output")).to_have_text("90%")
    expect(page.locator("#yaw")).to_have_text("6°")
    expect(page.locator("#latency")).to_have_text("12.0 ms")
    before = int(page.locator("#picture").get_attribute("data-frame") or 0)
    until(lambda: int(page.locator("#picture").get_attribute("data-frame") or 0) > before)


def test_the_strip_shows_what_was(page: Page, sink: PageSink, show: Show, until: Callable) -> None:
    opened(page, sink)
    inked = (
        "() => { const c = document.querySelector('[data-au=AU12] canvas');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height - 3).data;"
        " return d.some((v, i) => i % 4 === 3 && v > 100); }"
    )
    until(lambda: page.evaluate(inked))


def test_pausing_holds_the_page_still_and_wants_no_picture(
    page: Page, sink: PageSink, show: Show, until: Callable
) -> None:
    opened(page, sink)
    page.keyboard.press("Space")
    expect(page.locator("#state")).to_have_text("paused")
    until(lambda: not sink.wants_pictures("cam1"))
    held = page.locator("#picture").get_attribute("data-frame")
    time.sleep(0.4)
    assert page.locator("#picture").get_attribute("data-frame") == held
    page.click("#pause")
    expect(page.locator("#state")).to_have_text("live")
    until(lambda: page.locator("#picture").get_attribute("data-frame") != held)


def test_a_face_is_chosen_by_button_key_and_picture(
    page: Page, sink: PageSink, show: Show, until: Callable
) -> None:
    show.faces = (
        smiling(0.2, 1, bbox=(20.0, 100.0, 200.0, 240.0)),
        smiling(0.8, 2, bbox=(400.0, 100.0, 200.0, 240.0)),
    )
    opened(page, sink)
    until(lambda: abs(bar(page, "AU12") - 0.2) < 0.02)
    page.click("text=Face 2")
    until(lambda: abs(bar(page, "AU12") - 0.8) < 0.02)
    page.keyboard.press("1")
    until(lambda: abs(bar(page, "AU12") - 0.2) < 0.02)
    box = page.locator("#picture").bounding_box()
    assert box is not None
    scale = min(box["width"] / SIZE[0], box["height"] / SIZE[1])
    left = (box["width"] - SIZE[0] * scale) / 2
    page.locator("#picture").click(position={"x": left + 500 * scale, "y": 200 * scale})
    until(lambda: abs(bar(page, "AU12") - 0.8) < 0.02)
    show.faces = ()
    expect(page.locator("#faces")).to_have_text("no face")
    until(lambda: bar(page, "AU12") == 0.0)


def test_a_threshold_is_moved_and_remembered(page: Page, sink: PageSink, show: Show) -> None:
    opened(page, sink)
    row = page.locator("[data-au=AU12]")
    expect(row).to_have_class(matching("present"))
    page.click("#thresholds")
    row.locator("input").fill("0.8")
    expect(row).not_to_have_class(matching("present"))
    page.reload()
    expect(page.locator("#state")).to_have_text("live")
    expect(row).not_to_have_class(matching("present"))
    page.click("#thresholds")
    assert row.locator("input").input_value() == "0.8"
    assert page.locator("[data-au=AU04] input").input_value() == "0.3"  # the model's own
    page.click("#reset")
    expect(row).to_have_class(matching("present"))
    assert row.locator("input").input_value() == "0.5"


def test_a_recording_is_downloaded_and_valid(page: Page, sink: PageSink, show: Show, tmp_path: Path) -> None:
    opened(page, sink)
    page.click("#record")
    expect(page.locator("#record")).to_have_text(matching("■ 0:01"))
    with page.expect_download() as download:
        page.keyboard.press("r")
    kept = tmp_path / "downloaded.csv"
    download.value.save_as(kept)
    assert kept.read_bytes() == next((tmp_path / "recordings").iterdir()).read_bytes()
    rows = list(csv.DictReader(kept.open()))
    assert len(rows) > 10
    frames = [int(row["frame"]) for row in rows]
    assert frames == list(range(frames[0], frames[0] + len(frames)))  # every one, whatever was drawn
    assert rows[0]["AU12_r"] == "2.5"
    assert rows[0]["AU12_c"] == "1"


def test_what_cannot_be_recorded_is_said(page: Page, sink: PageSink, show: Show, tmp_path: Path) -> None:
    (tmp_path / "recordings").touch()
    opened(page, sink)
    page.click("#record")
    expect(page.locator("#said")).to_contain_text("cannot be made")
    assert any("400" in line for line in page.complaints)  # the browser's own word for it
    page.complaints.clear()


def test_a_runtime_that_dies_and_comes_back(page: Page, sink: PageSink, until: Callable) -> None:
    address = sink.url.removeprefix("http://").rstrip("/")
    with Show(sink):
        opened(page, sink)
    sink.close()
    expect(page.locator("#state")).to_have_text("reconnecting")
    expect(page.locator("#notice")).to_contain_text("Reconnecting")
    with PageSink(address, title="again") as again, Show(again) as show:
        show.faces = (smiling(0.7),)
        expect(page.locator("#state")).to_have_text("live", timeout=10_000)
        expect(page.locator("[data-au=AU12]")).to_be_attached()
        until(lambda: abs(bar(page, "AU12") - 0.7) < 0.02)
        expect(page).to_have_title("again – LiveFACS")
    page.complaints[:] = [line for line in page.complaints if "WebSocket" not in line]


def test_streams_are_chosen_among(page: Page, sink: PageSink, show: Show, until: Callable) -> None:
    show.streams = ("cam1", "cam2")
    opened(page, sink)
    expect(page.locator("#stream option")).to_have_count(2)
    page.select_option("#stream", "cam2")
    until(lambda: sink.wants_pictures("cam2") and not sink.wants_pictures("cam1"))
    until(lambda: abs(bar(page, "AU12") - 0.5) < 0.02)
    page.locator("body").click(position={"x": 3, "y": 3})
    page.keyboard.press("s")
    until(lambda: sink.wants_pictures("cam1"))
    expect(page.locator("#stream")).to_have_value("cam1")


def test_scenes_are_drawn_in_their_order(page: Page, sink: PageSink, until: Callable) -> None:
    """A small picture is decoded sooner than a large one before it."""
    noise = np.random.default_rng(0).integers(0, 255, (1080, 960, 3), dtype=np.uint8)
    page.goto(sink.url)
    page.evaluate(
        "window.order = []; new MutationObserver(() => window.order.push(Number("
        "document.getElementById('picture').dataset.frame))).observe("
        "document.getElementById('units'), { attributes: true, attributeFilter: ['data-frame'] })"
    )
    until(lambda: sink.wants_pictures("cam1"))
    for seq in range(60):
        image = noise if seq % 2 else noise[:40]
        sink.picture(
            result(seq, size=image.shape[1::-1]), dataclasses.replace(frame(seq + 1), image=image), []
        )
        time.sleep(0.035)
    order = page.evaluate("window.order")
    assert len(order) > 10
    assert order == sorted(order)


def test_a_restart_with_other_streams(page: Page, sink: PageSink) -> None:
    address = sink.url.removeprefix("http://").rstrip("/")
    with Show(sink) as show:
        show.streams = ("cam1", "cam2")
        opened(page, sink)
        page.select_option("#stream", "cam2")
        expect(page.locator("#picture")).to_have_attribute("data-frame", matching(r"\d+"))
    sink.close()
    with PageSink(address) as again, Show(again) as show:
        show.streams = ("door",)
        expect(page.locator("#state")).to_have_text("live", timeout=10_000)
        expect(page.locator("[data-au=AU12] output").first).to_have_text("2.5")
        page.goto("about:blank")
    page.complaints[:] = [line for line in page.complaints if "WebSocket" not in line]


def test_switching_streams_leaves_a_recording_be(page: Page, sink: PageSink, show: Show) -> None:
    show.streams = ("cam1", "cam2")
    opened(page, sink)
    page.click("#record")
    expect(page.locator("#record")).to_have_text(matching("■ 0:0"))
    page.select_option("#stream", "cam2")
    expect(page.locator("#record")).to_have_attribute("title", matching("cam1"))
    expect(page.locator("#record")).to_have_text(matching("■ 0:01"))
    with page.expect_download() as download:
        page.click("#record")
    assert download.value.suggested_filename.startswith("cam1")


def test_a_source_that_is_lost_is_told(page: Page, sink: PageSink, show: Show) -> None:
    opened(page, sink)
    show.statuses = {"state": "reconnecting", "detail": "camera unplugged", "fps": 0.0}
    expect(page.locator("#notice")).to_have_text("reconnecting: camera unplugged")
    expect(page.locator("#state")).to_have_text("reconnecting")


def test_it_paints_at_once_and_does_not_jump(page: Page, sink: PageSink, show: Show, until: Callable) -> None:
    page.add_init_script(
        "window.jumps = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
        " if (!e.hadRecentInput) window.jumps += e.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    opened(page, sink)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint < 1000  # ms: the bar, not a figure
    show.faces = (smiling(0.2, 1), smiling(0.8, 2))
    expect(page.locator("#faces button")).to_have_count(2)
    show.faces = ()
    expect(page.locator("#faces")).to_have_text("no face")
    assert page.evaluate("window.jumps") < 0.02


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_control_has_a_name(browser: Browser, sink: PageSink, show: Show, scheme: str) -> None:
    """By the accessibility tree that Chromium gives to screen readers."""
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = opened(context.new_page(), sink)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.click("#thresholds")
    expect(page.locator("[data-au=AU12] input")).to_be_visible()
    tree = context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    controls = {"button", "checkbox", "combobox", "slider", "meter", "link", "image"}
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if node.get("role", {}).get("value") in controls and not node["ignored"]
    ]
    assert len(found) > 15
    assert [one for one in found if not one[1].strip()] == []
    assert ("meter", "AU12 lip corner puller") in found
    page.locator("[data-au=AU12]").focus()
    expect(page.locator("#about")).to_contain_text("Zygomaticus major")
    context.close()


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_is_wider_than_the_screen(browser: Browser, sink: PageSink, show: Show, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = opened(context.new_page(), sink)
    expect(page.locator("[data-au=AU12]")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("[data-au=AU12] .strip").bounding_box()["width"] > 50  # type: ignore[index]
    context.close()


@contextmanager
def replayed(folder: Path) -> Iterator[Replay]:
    import msgspec

    path = folder / "run.jsonl"
    lines = [result(seq, faces=(smiling(seq / 100),), size=SIZE) for seq in range(100)]
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in lines))
    with Replay(path, address="127.0.0.1:0") as replay:
        yield replay


def test_a_recording_is_scrubbed_and_played(page: Page, tmp_path: Path, until: Callable) -> None:
    with replayed(tmp_path) as replay:
        page.goto(replay.url)
        expect(page.locator("#time")).to_have_text("0:00.00 / 0:03.96")
        page.fill("#position", "51")
        until(lambda: abs(bar(page, "AU12") - 0.5) < 0.005)
        expect(page.locator("#time")).to_have_text("0:02.00 / 0:03.96")
        page.locator("body").click(position={"x": 3, "y": 3})
        page.keyboard.press("ArrowRight")
        until(lambda: abs(bar(page, "AU12") - 0.51) < 0.005)
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_have_text("Pause")
        until(lambda: bar(page, "AU12") > 0.98)
        expect(page.locator("#play")).to_have_text("Play")
        assert page.locator("#record").is_hidden()


def test_a_line_that_cannot_be_read_does_not_stop_a_replay(
    page: Page, tmp_path: Path, until: Callable
) -> None:
    import msgspec

    lines = [msgspec.json.encode(result(seq, faces=(smiling(seq / 20),), size=SIZE)) for seq in range(20)]
    broken = json.loads(lines[9])
    broken["faces"][0]["bbox"][0] = None
    lines[9] = json.dumps(broken).encode()
    (tmp_path / "run.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    with Replay(tmp_path / "run.jsonl", address="127.0.0.1:0") as replay:
        page.goto(replay.url)
        expect(page.locator("#time")).to_have_text(matching("0:00.76"))
        page.fill("#position", "10")
        expect(page.locator("#said")).to_contain_text("line 10")
        page.fill("#position", "15")
        until(lambda: abs(bar(page, "AU12") - 0.7) < 0.005)
