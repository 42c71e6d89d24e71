"""How fast the open corpus is drawn on this machine: `python benchmarks/rendering.py`.

1. pictures per second of one core, drawing alone, at 224 x 224, in turns over people and poses;
2. the share of each stage in it;
3. `livefacs corpus make` as a whole: 2,000 studio and 2,000 wild pictures with all cores, written twice
   and compared byte for byte.
"""

from __future__ import annotations

import argparse
import cProfile
import filecmp
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from trainers.corpora.behaviour import spontaneous, views
from trainers.corpora.rendering.actor import make_actor
from trainers.corpora.rendering.head_model import head_model
from trainers.corpora.rendering.renderer import Moment, Renderer
from trainers.corpora.rendering.scene import draw_scene
from trainers.corpora.rendering.subject import draw_subject

SIZE = (224, 224)
PEOPLE = 12


def drawing(pictures: int, repeats: int) -> dict[str, Any]:
    """Pictures per second of one core; the median over the repeats, after a warm-up."""
    rng = np.random.default_rng(0)
    actors = [make_actor(draw_subject(rng, f"P{k}", head_model())) for k in range(PEOPLE)]
    scenes = [draw_scene(rng, domain, SIZE) for domain in ("studio", "wild") for _ in range(PEOPLE // 2)]
    acted = spontaneous(rng, pictures, fps=2.0)
    poses = [(float(view.yaw), float(view.pitch), 0.0) for view in views("fera")]
    renderer = Renderer(SIZE)

    def once() -> None:
        for k in range(pictures):
            gaze = (float(acted.gaze[k, 0]), float(acted.gaze[k, 1]))
            moment = Moment(acted.left[k], acted.right[k], gaze, poses[k % len(poses)])
            scene = scenes[k % PEOPLE]
            renderer(actors[k % PEOPLE], moment, scene.camera, scene.light)

    once()
    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        once()
        rates.append(pictures / (time.perf_counter() - start))
    profile = cProfile.Profile()
    profile.runcall(once)
    return {
        "pictures_per_s": statistics.median(rates),
        "slowest": min(rates),
        "fastest": max(rates),
        "stages_ms": _stages(profile, pictures),
    }


def _stages(profile: cProfile.Profile, pictures: int) -> dict[str, float]:
    """Milliseconds per picture spent in each function itself, the dearest first."""
    rows = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    spent = {name: own / pictures * 1000.0 for (_, _, name), (_, _, own, _, _) in rows}
    return dict(sorted(spent.items(), key=lambda item: -item[1])[:6])


def making(frames: int, subjects: int) -> dict[str, Any]:
    """Seconds of `livefacs corpus make` for both domains, and whether a second run gives the same bytes."""
    figures: dict[str, Any] = {"frames": frames, "subjects": subjects, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        for domain in ("studio", "wild"):
            runs = [Path(folder) / f"{domain}-{run}" for run in (1, 2)]
            for run, out in enumerate(runs):
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-c", "from realtime.commands import main; main()", "corpus", "make"]
                    + [f"bench-{domain}", "--subjects", str(subjects), "--frames", str(frames)]
                    + ["--domain", domain, "--out", str(out)],
                    check=True,
                )
                if run == 0:
                    figures[f"{domain}_s"] = time.perf_counter() - start
            names = sorted(p.relative_to(runs[0]).as_posix() for p in runs[0].rglob("*") if p.is_file())
            _, differ, missing = filecmp.cmpfiles(*runs, names, shallow=False)
            figures[f"{domain}_identical"] = not differ and not missing
            figures[f"{domain}_MB"] = sum((runs[0] / name).stat().st_size for name in names) / 1e6
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=120, help="pictures of a turn of the drawing")
    parser.add_argument("--repeats", type=int, default=5, help="turns of the drawing")
    parser.add_argument("--frames", type=int, default=2000, help="pictures of each corpus; 0: skip")
    parser.add_argument("--subjects", type=int, default=40)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    console = Console()
    figures: dict[str, Any] = {"drawing": drawing(args.pictures, args.repeats)}
    drawn = figures["drawing"]
    console.print(
        f"[bold]drawing[/] {drawn['pictures_per_s']:.1f} pictures/s on one core at {SIZE[0]} x {SIZE[1]} "
        f"({drawn['slowest']:.1f} to {drawn['fastest']:.1f})",
        soft_wrap=True,
    )
    for stage, ms in drawn["stages_ms"].items():
        console.print(f"  {stage:<20} {ms:5.2f} ms")
    if args.frames:
        figures["making"] = made = making(args.frames, args.subjects)
        console.print(
            f"[bold]making[/] {args.frames} studio {made['studio_s']:.0f} s, {args.frames} wild "
            f"{made['wild_s']:.0f} s on {made['cores']} cores; byte-identical when repeated: "
            f"{made['studio_identical']} and {made['wild_identical']}",
            soft_wrap=True,
        )
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
