"""A real browser, and a page server to look at."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from realtime.page.page_sink import PageSink

# Without them a browser without a network looks for one, all the time.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: the system's, else the one that Playwright has installed."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        try:
            started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        except PlaywrightError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Chromium (install chromium, or playwright install chromium): {error}")
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, 1280 wide; fails the test if anything on it complains."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    opened.complaints = complaints  # type: ignore[attr-defined]
    yield opened
    context.close()
    assert [line for line in complaints if "willReadFrequently" not in line] == []  # the tests read pixels


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
