"""Do ids hold when people cross? `python benchmarks/crossings.py [--seeds 1-5] [CLIP.mp4 ...]`.

Renders clips of two people who walk to and fro and cross 20 times, one hiding the other (`livefacs corpus
clip --crossings`), or takes such clips with their truth beside them, and runs the tracker over them as
`livefacs run` does. Nothing here depends on time: it may run beside anything.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

import realtime
from realtime.tracking.landmarkers import landmarker_names
from trainers.commands.corpus_progress import progress_bar
from trainers.corpora.rendering.scene import DOMAINS
from trainers.corpora.synthesis.clip import make_clip, usual_length
from trainers.corpora.synthesis.truth import read_places
from trainers.evaluation.stable_ids import IdStability, id_stability

SIZE, FPS = (270, 480), 30
HEAD = ("clip", "crossings", "swaps", "switches", "fragments", "found of visible", "extra", "ids")


def rendered(folder: Path, crossings: int, domain: str, seed: int) -> Path:
    """Return the clip of a seed, rendered unless the folder has it."""
    path = folder / f"crossings-{crossings}-{domain}-{SIZE[1]}x{SIZE[0]}-{FPS}-{seed}.mp4"
    if not path.exists():
        frames = round(usual_length(crossings) * FPS)
        with progress_bar(f"rendering {path.name}", frames, "frames") as progress:
            make_clip(
                path,
                crossings=crossings,
                fps=FPS,
                size=SIZE,
                domain=domain,
                seed=seed,
                overwrite=True,
                progress=progress,
            )
    return path


def followed(clip: Path, tracker: str, max_faces: int) -> tuple[IdStability, int]:
    """Run the tracker over a clip; return how its ids held, and how many there were."""
    truth = read_places(clip.with_suffix(".csv"))
    tracked: list[dict[int, tuple[float, float, float, float]]] = []
    with realtime.build_pipeline(
        clip, bundle="blendshapes", tracker=tracker, max_faces=max_faces, calibrate=False
    ) as pipeline:
        for result in pipeline:
            tracked.append({face.track_id: face.bbox for face in result.faces})
    return id_stability(truth, tracked), len({track for faces in tracked for track in faces})


def numbers(text: str) -> list[int]:
    """Read 1-3,7 as 1, 2, 3, 7."""
    ranges = [part.partition("-") for part in text.split(",")]
    return [number for first, _, last in ranges for number in range(int(first), int(last or first) + 1)]


def row(name: str, score: IdStability, ids: int | None) -> tuple[str, ...]:
    counts = (score.crossings, score.swaps, score.switches, score.fragments)
    share = f"{score.found} of {score.visible} ({score.found / max(1, score.visible):.1%})"
    return name, *map(str, counts), share, str(score.extra), "" if ids is None else str(ids)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", type=Path, nargs="*", help="clips with their truth; default: rendered ones")
    parser.add_argument("--seeds", type=numbers, default="1-5", help="of rendered clips, as 1-3,7")
    parser.add_argument("--crossings", type=int, default=20, help="in each rendered clip")
    parser.add_argument("--domain", choices=DOMAINS, default=DOMAINS[0], help="of rendered clips")
    parser.add_argument("--folder", type=Path, help="where rendered clips are kept; default: nowhere")
    parser.add_argument("--tracker", choices=landmarker_names(), action="append", help="default: each")
    parser.add_argument("--max-faces", type=int, default=4)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    console = Console(soft_wrap=True, width=140)
    figures = {}
    with TemporaryDirectory() as nowhere:
        folder = args.folder or Path(nowhere)
        folder.mkdir(parents=True, exist_ok=True)
        clips = args.clips or [rendered(folder, args.crossings, args.domain, seed) for seed in args.seeds]
        for tracker in args.tracker or landmarker_names():
            title = f"--tracker {tracker} --max-faces {args.max_faces}"
            table = Table(*HEAD, box=None, title=title)
            total = IdStability()
            for clip in clips:
                score, ids = followed(clip, tracker, args.max_faces)
                total += score
                table.add_row(*row(clip.stem, score, ids))
                figures[f"{tracker} {clip.stem}"] = {**asdict(score), "ids": ids}
            table.add_row(*row("all", total, None))
            console.print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
