"""Make the README's picture of the running view: `python docs/make_pictures.py`."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

import realtime
from realtime.commands.demo import demo_clip
from realtime.commands.terminal import FullView

OUT = Path(__file__).parent / "view.svg"
# A moment of the demo clip with a broad smile.
FRAME = 300
SIZE = (110, 44)


def main() -> None:
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
    OUT.write_text(console.export_svg(title="livefacs run"))


if __name__ == "__main__":
    main()
