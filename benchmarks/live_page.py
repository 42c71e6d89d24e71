"""What an open page costs the pipeline, and how old its picture is: `python benchmarks/live_page.py [CLIP]`.

Three runs in turn, again and again, in one process: no page open; one open in headless Chromium on this very
machine, whose drawing takes processor time of its own; one read by a client that draws nothing, as a browser
on another machine. At full speed (a file) and at a camera's pace of 30 frames a second. Needs Chromium and
`pip install playwright`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clips import looped
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import realtime
from realtime.commands.demo import demo_clip
from realtime.page.page_sink import PageSink
from realtime.sinks.shared import SharedSink

VIEWERS = ("closed", "chromium", "socket")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# Every picture that is drawn: how long after it was published, and whether its numbers are of the same frame.
WATCH = """
window.drawn = [];
new MutationObserver(() => queueMicrotask(() => {
  const [picture, numbers] = ["picture", "units"].map((id) => document.getElementById(id).dataset);
  window.drawn.push([Number(picture.age), Number(picture.frame) - Number(numbers.frame)]);
})).observe(document.getElementById("units"), { attributes: true, attributeFilter: ["data-frame"] });
"""


@contextmanager
def read_by_a_socket(url: str) -> Iterator[None]:
    """Take every scene and draw none."""

    def read() -> None:
        with connect(url.replace("http", "ws") + "live") as client:
            try:
                for message in client:
                    if isinstance(message, bytes):
                        client.send('{"drawn":1}')
            except ConnectionClosed:
                pass

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    yield
    thread.join(0.0)


@contextmanager
def viewed(viewer: str, url: str, page: Page) -> Iterator[None]:
    """Have a viewer look at the page."""
    if viewer == "socket":
        with read_by_a_socket(url):
            yield
    elif viewer == "chromium":
        page.goto(url)
        page.evaluate(WATCH)
        yield
    else:
        yield


def run(clip: Path, viewer: str, page: Page, paced: bool) -> dict[str, float]:
    """One run over the clip; the page is open before its first frame."""
    sink = PageSink("127.0.0.1:0", live=paced)
    shared = SharedSink(sink)  # open before the pipeline, and after it
    with shared.share():
        drawn: list[tuple[float, int]] = []
        with viewed(viewer, sink.url, page):
            time.sleep(0.5)
            pipeline = realtime.build_pipeline(str(clip), max_faces=1, realtime=paced, sinks=[shared.share()])
            with pipeline:
                begun, processor = time.perf_counter(), time.process_time()
                for _ in pipeline:
                    pass
                seconds, processor = time.perf_counter() - begun, time.process_time() - processor
            if viewer == "chromium":
                drawn = page.evaluate("window.drawn")
                page.goto("about:blank")
    summary = pipeline.summary
    latency = pipeline.times.percentiles("latency")
    ages = sorted(age for age, _ in drawn)
    return {
        "fps": summary.frames / seconds,
        "processor_ms": 1000 * processor / summary.frames,
        "dropped": summary.dropped,
        "latency_p50_ms": 1000 * latency[50],
        "latency_p95_ms": 1000 * latency[95],
        "drawn": len(drawn),
        "age_p50_ms": ages[len(ages) // 2] if ages else float("nan"),
        "age_p95_ms": ages[int(len(ages) * 0.95)] if ages else float("nan"),
        "apart_frames": max((abs(apart) for _, apart in drawn), default=0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path, default=None, help="default: the demo's")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="of the clip, repeated to this length")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        frames = round(options.seconds * 30)
        clip = looped(options.clip or demo_clip(), Path(folder, "clip.mp4"), frames=frames)
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        for paced in (False, True):
            pace = "30 fps" if paced else "full speed"
            runs = found[pace] = {viewer: [] for viewer in VIEWERS}
            rounds = options.rounds if not paced else max(2, options.rounds // 2)
            run(clip, "closed", page, paced=False)
            for _ in range(rounds):
                for viewer in VIEWERS:
                    runs[viewer].append(run(clip, viewer, page, paced))
        browser.close()
    report(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


def report(found: dict[str, dict[str, list[dict[str, float]]]]) -> None:
    """Print medians; ratios are those of runs of one round."""
    table = Table(title="live page")
    for name in (
        "pace",
        "page",
        "fps",
        "ratio",
        "CPU ms",
        "dropped",
        "latency p50/p95 ms",
        "drawn",
        "age p50/p95 ms",
        "apart",
    ):
        table.add_column(name)
    for pace, runs in found.items():
        for viewer, each in runs.items():
            middle = {key: statistics.median(one[key] for one in each) for key in each[0]}
            ratio = statistics.median(a["fps"] / b["fps"] for a, b in zip(each, runs["closed"], strict=True))
            table.add_row(
                pace,
                viewer,
                f"{middle['fps']:.1f}",
                f"{ratio:.3f}",
                f"{middle['processor_ms']:.1f}",
                f"{middle['dropped']:.0f}",
                f"{middle['latency_p50_ms']:.1f} / {middle['latency_p95_ms']:.1f}",
                f"{middle['drawn']:.0f}",
                f"{middle['age_p50_ms']:.1f} / {middle['age_p95_ms']:.1f}",
                f"{middle['apart_frames']:.0f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
