"""The whole way: a rendered person acts, `livefacs run --view` reads her, Chromium shows the Action Units."""

from __future__ import annotations

import dataclasses
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from command_line import LIVEFACS
from playwright.sync_api import Page, expect

from trainers.corpora.behaviour import AUS
from trainers.corpora.rendering.renderer import Renderer
from trainers.corpora.synthesis.casting import draw_cast, draw_frame

FPS = 25
SIZE = (360, 480)
# Rest first, which calibration learns; then one AU after the other, at most at its apex.
APEXES = {"AU12": 3.6, "AU04": 5.2, "AU26": 6.8}
SECONDS = 8.0
RISE_S, HOLD_S = 0.3, 0.3
NEAR_S = 0.5


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """H.264 of one person who does what `APEXES` says."""
    frames = round(SECONDS * FPS)
    acting, walking = np.random.default_rng(3), np.random.default_rng(4)
    (performer,) = draw_cast(acting, walking, frames, FPS, 1, 0, SIZE, "studio")
    level = np.zeros((frames, len(AUS)), np.float32)
    seconds = np.arange(frames) / FPS
    for au, apex in APEXES.items():
        away = np.abs(seconds - apex) - HOLD_S
        level[:, AUS.index(au)] = 4.5 * np.clip(1.0 - away / RISE_S, 0.0, 1.0)
    still = np.zeros((frames, 2), np.float32)
    alone = dataclasses.replace(performer.acting, left=level, right=level, gaze=still)
    performer = dataclasses.replace(performer, acting=alone, motion=np.zeros((frames, 3), np.float32))
    path = tmp_path_factory.mktemp("acting") / "acting.mp4"
    draw = Renderer(SIZE)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "18"})
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(frames):
            picture, _ = draw_frame(draw, [performer], number)
            shown = np.clip(picture * 255, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@contextmanager
def viewed(clip: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`livefacs run --view` on the clip at camera speed, and the page's address."""
    command = [str(LIVEFACS), "run", str(clip), "--realtime", "--publish", "none", "--quiet", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        try:
            said = next(line for line in run.stdout if "live page" in line)
            found = re.search(r"http://\S+", said)
            assert found is not None
            yield run, found[0]
        finally:
            run.send_signal(signal.SIGTERM)
            run.communicate(timeout=30)


# Every picture that is drawn: its frame, and the bars as they stand beside it.
WATCH = """
window.seen = [];
new MutationObserver(() => {
  const bars = [...document.querySelectorAll(".unit")].map((row) => [
    row.dataset.au, Number(row.querySelector(".meter").ariaValueNow)]);
  queueMicrotask(() => window.seen.push([Number(document.getElementById("picture").dataset.frame), bars]));
}).observe(document.getElementById("units"), { attributes: true, attributeFilter: ["data-frame"] });
"""


def test_the_bar_of_what_the_face_does_is_the_highest(clip: Path, page: Page, face_model_path: Path) -> None:
    with viewed(clip, "--view-at", "0") as (run, url):
        page.goto(url)
        page.evaluate(WATCH)
        expect(page.locator("#picture")).to_have_attribute("data-frame", re.compile(r"\d+"))
        expect(page.locator("#notice")).to_contain_text("has ended", timeout=30_000)
        seen = page.evaluate("window.seen")
        expect(page.locator("#state")).to_have_text("ended")
        page.goto("about:blank")
    assert len(seen) > 60
    for au, apex in APEXES.items():
        near = [dict(bars) for frame, bars in seen if abs((frame - 1) / FPS - apex) <= NEAR_S and bars]
        highest = [max(bars, key=bars.__getitem__) for bars in near]
        assert au in highest, (au, highest)
        assert max(bars[au] for bars in near) > 1.0
    page.complaints.clear()  # type: ignore[attr-defined]  # the WebSocket's, of the runtime's end


def test_a_runtime_that_is_killed_and_started_again(clip: Path, page: Page, face_model_path: Path) -> None:
    with viewed(clip, "--view-at", "0") as (run, url):
        page.goto(url)
        expect(page.locator("#state")).to_have_text("live", timeout=20_000)
        run.kill()
        expect(page.locator("#state")).to_have_text("reconnecting")
        expect(page.locator("#notice")).to_contain_text("Reconnecting")
    port = url.rstrip("/").rpartition(":")[2]
    with viewed(clip, "--view-at", port):
        expect(page.locator("#state")).to_have_text("live", timeout=20_000)
        expect(page.locator("#faces button")).to_have_count(1, timeout=20_000)
        page.goto("about:blank")
    page.complaints.clear()  # type: ignore[attr-defined]  # the WebSocket's, in between
