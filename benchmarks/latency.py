"""How fast LiveFACS is on this machine: `python benchmarks/latency.py [CLIP]`.

Four measurements, each against what it is compared with in the same run:

1. throughput of the whole pipeline on a file, against a bare loop of decoder and MediaPipe, in turns;
2. a camera's pace of 30 frames a second: drops, latency and the share of each stage;
3. memory over many frames;
4. time from starting Python to the first result.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from bare import Run, bare_loop, whole_pipeline
from clips import looped
from rich.console import Console
from rich.table import Table

import realtime
from realtime.assembly import PipelineOptions
from realtime.pipeline import Pipeline
from realtime.sinks.zeromq import ZeroMQSink
from realtime.stage_times import PERCENTILES
from realtime.tracking.landmarkers import DEFAULT_LANDMARKER, landmarker_names

MAX_FACES = 1
PACED_FPS = 30


def throughput(clip: Path, repeats: int, options: PipelineOptions) -> dict[str, float]:
    """Medians over `repeats` turns, after one uncounted turn each."""
    bare_loop(clip, options["max_faces"])
    whole_pipeline(clip, options)
    bare: list[Run] = []
    whole: list[Run] = []
    for _ in range(repeats):
        bare.append(bare_loop(clip, options["max_faces"]))
        whole.append(whole_pipeline(clip, options)[0])
    return {
        "bare_fps": statistics.median(run.fps for run in bare),
        "pipeline_fps": statistics.median(run.fps for run in whole),
        "ratio": statistics.median(w.fps / b.fps for w, b in zip(whole, bare, strict=True)),
        "bare_frames_per_cpu_s": statistics.median(run.frames_per_cpu_second for run in bare),
        "pipeline_frames_per_cpu_s": statistics.median(run.frames_per_cpu_second for run in whole),
    }


def paced(clip: Path, options: PipelineOptions) -> tuple[dict[str, float], Pipeline]:
    """The clip at a camera's pace."""
    sink = ZeroMQSink("tcp://127.0.0.1:*")
    pipeline = realtime.build_pipeline(str(clip), realtime=True, sinks=[sink], **options)
    gc.collect()
    gc.freeze()
    pipeline.run()
    latency = pipeline.times.percentiles("latency")
    rest = sum(pipeline.times.percentiles(stage)[50] for stage in ("handover", "smooth", "publish"))
    return {
        "frames": pipeline.summary.frames,
        "dropped": pipeline.summary.dropped,
        **{f"latency_p{p}_ms": 1000 * latency[p] for p in PERCENTILES},
        "rest_p50_ms": 1000 * rest,
    }, pipeline


def memory(clip: Path, options: PipelineOptions) -> dict[str, float]:
    """Resident memory after a tenth of the frames, and at the end."""
    process = psutil.Process()
    pipeline = realtime.build_pipeline(str(clip), **options)
    total = pipeline.source.total
    readings = []
    with pipeline:
        total = pipeline.source.total or 0
        for result in pipeline:
            if result.seq % 100 == 0:
                readings.append(process.memory_info().rss)
    warm = statistics.median(readings[len(readings) // 10 : len(readings) // 10 + 5])
    end = statistics.median(readings[-5:])
    return {
        "frames": total,
        "warm_mb": warm / 2**20,
        "end_mb": end / 2**20,
        "growth_percent": 100 * (end / warm - 1),
    }


def first_result(clip: Path) -> float:
    """Seconds from starting a new Python to its first result."""
    code = f"import realtime; next(realtime.stream({str(clip)!r})); print('first', flush=True)"
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        return time.perf_counter() - start


def show_stages(console: Console, pipeline: Pipeline) -> None:
    table = Table("stage (ms)", *(f"p{p}" for p in PERCENTILES), box=None)
    for stage in pipeline.times.stages:
        values = pipeline.times.percentiles(stage)
        if values:
            table.add_row(stage, *(f"{1000 * values[p]:.2f}" for p in PERCENTILES))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, nargs="?", help="a video with one face; default: the demo's")
    parser.add_argument("--repeats", type=int, default=5, help="turns of the throughput comparison")
    parser.add_argument("--seconds", type=int, default=60, help="length of the paced run")
    parser.add_argument("--frames", type=int, default=10_000, help="length of the memory run")
    parser.add_argument("--max-faces", type=int, default=MAX_FACES)
    parser.add_argument("--tracker", choices=landmarker_names(), default=DEFAULT_LANDMARKER)
    parser.add_argument("--bundle", help="a model bundle; default: the one built in")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    console = Console()
    clip = args.clip or demo_clip()
    options: PipelineOptions = {"max_faces": args.max_faces, "tracker": args.tracker, "bundle": args.bundle}
    figures: dict[str, Any] = {"clip": clip.name, **options}

    figures["throughput"] = fast = throughput(clip, args.repeats, options)
    console.print(
        f"[bold]throughput[/] {fast['pipeline_fps']:.1f} fps, {fast['ratio']:.2f} of the bare loop's "
        f"{fast['bare_fps']:.1f}; {fast['pipeline_frames_per_cpu_s']:.1f} frames per CPU second "
        f"(bare {fast['bare_frames_per_cpu_s']:.1f})",
        soft_wrap=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        long = looped(clip, Path(folder) / "paced.mp4", frames=args.seconds * PACED_FPS, fps=PACED_FPS)
        figures["paced"], pipeline = paced(long, options)
        figures["stages"] = {s: pipeline.times.percentiles(s) for s in pipeline.times.stages}
        calm = figures["paced"]
        console.print(
            f"[bold]paced[/] at {PACED_FPS} fps: {calm['frames']} frames, {calm['dropped']} dropped; capture "
            f"to publish p50 {calm['latency_p50_ms']:.1f}, p99 {calm['latency_p99_ms']:.1f} ms; all but "
            f"decode, tracker and head together p50 {calm['rest_p50_ms']:.2f} ms",
            soft_wrap=True,
        )
        show_stages(console, pipeline)
        long = looped(clip, Path(folder) / "memory.mp4", frames=args.frames)
        figures["memory"] = memory(long, options)
        held = figures["memory"]
        console.print(
            f"[bold]memory[/] {held['warm_mb']:.0f} MB after {held['frames'] // 10} frames, "
            f"{held['end_mb']:.0f} MB after {held['frames']}: {held['growth_percent']:+.2f} %",
            soft_wrap=True,
        )
    figures["first_result_s"] = statistics.median(first_result(clip) for _ in range(3))
    console.print(f"[bold]first result[/] after {figures['first_result_s']:.2f} s")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


def demo_clip() -> Path:
    """The clip of `livefacs demo`, fetched if need be."""
    from realtime.commands.demo import demo_clip as fetch

    return fetch()


if __name__ == "__main__":
    main()
