"""Make the README's pictures.

`python docs/make_pictures.py` draws the running view, `python docs/make_pictures.py STUDIO WILD` 48 samples
of two corpora that `livefacs corpus make` wrote.
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
    if sys.argv[1:]:
        corpus_samples([Path(folder) for folder in sys.argv[1:]])
    else:
        running_view()
