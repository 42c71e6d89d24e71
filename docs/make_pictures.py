"""Make the README's pictures.

`python docs/make_pictures.py` draws the running view, `python docs/make_pictures.py page` the live page in
Chromium, over a rendered face: nobody's picture is in this repository. `python docs/make_pictures.py STUDIO
WILD` draws 48 samples of two corpora that `livefacs corpus make` wrote.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from rich.console import Console

import realtime
from realtime.commands.demo import demo_clip
from realtime.commands.terminal import FullView

VIEW = Path(__file__).parent / "view.svg"
SAMPLES = Path(__file__).parent / "corpus-samples.jpg"
PAGE = Path(__file__).parent / "live-page.jpg"
EXAMPLE = Path(__file__).parents[1] / "examples" / "rendered_face.mp4"
EXAMPLE_FRAME = 205
# A moment of the demo clip with a broad smile.
FRAME = 300
SIZE = (110, 44)


def running_view() -> None:
    """Run the demo clip up to one frame and save what the terminal shows there."""
    console = Console(file=io.StringIO(), record=True, width=SIZE[0], height=SIZE[1], force_terminal=True)
    pipeline = realtime.build_pipeline(str(demo_clip()), realtime=True)
    view = FullView(console, pipeline.times, "WolfgangLanger_Pexels.mp4")
    with pipeline:
        view.total = pipeline.source.total
        for result in pipeline:
            view.show(result)
            if result.frame == FRAME:
                break
    console.print(view.render(result))
    VIEW.write_text(console.export_svg(title="livefacs run"))


def live_page() -> None:
    """Play the rendered example through the page and save what Chromium shows."""
    import shutil

    from PIL import Image
    from playwright.sync_api import sync_playwright

    from realtime.page.page_sink import PageSink
    from realtime.sinks.shared import SharedSink

    bundle = realtime.open_bundle()
    sink = PageSink("0", title=EXAMPLE.name, aus=bundle.aus)
    shared = SharedSink(sink)  # open before the pipeline
    with bundle, shared.share():
        pipeline = realtime.build_pipeline(str(EXAMPLE), realtime=True, sinks=[shared.share()], bundle=bundle)
        with sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
            page.goto(sink.url)
            with pipeline:
                for result in pipeline:
                    if result.frame >= EXAMPLE_FRAME:
                        break
                shown = "document.getElementById('picture').dataset.frame"
                page.wait_for_function(f"{shown} >= {EXAMPLE_FRAME - 3}")
                with tempfile.TemporaryDirectory() as folder:
                    shot = Path(folder, "page.png")
                    page.screenshot(path=shot)
                    Image.open(shot).convert("RGB").save(PAGE, quality=88)
            browser.close()


def corpus_samples(folders: list[Path]) -> None:
    """Draw 24 samples of each corpus: every AU, every view, both looks."""
    from PIL import Image

    from trainers.corpora.data_card.sample_choice import choose_samples
    from trainers.corpora.data_card.sample_sheet import sample_sheet
    from trainers.corpora.store import open_corpus

    corpora = [open_corpus(folder) for folder in folders]
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet.png"
        sample_sheet(sheet, corpora, [choose_samples(corpus, 48 // len(corpora)) for corpus in corpora])
        Image.open(sheet).convert("RGB").save(SAMPLES, quality=82)


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        live_page()
    elif sys.argv[1:]:
        corpus_samples([Path(folder) for folder in sys.argv[1:]])
    else:
        running_view()
