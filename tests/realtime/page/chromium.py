"""Pytest plugin: a real browser, and a page in it that fails the test if anything on it complains."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

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
