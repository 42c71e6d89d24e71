"""Several streams in one process, against bare trackers: `python benchmarks/together.py [CLIP]`.

1. Throughput: clips read side by side by one LiveFACS process, as fast as it goes (decoding, tracking, Action
   Units, filter, publishing), against as many processes as there are cores of the loop one would write by
   hand: PyAV and MediaPipe, nothing else. In turns, medians of the ratios.
2. Cost: clips played at a camera's pace by one process, more and more of them: processor time a frame,
   drops, latency. Constant cost a frame means that one more camera costs as much as the first.
3. Overload: twice as many frames as it can do: how old results are, in periods of the source, and whether
   every frame captured is either processed or counted as dropped.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bare import bare_loop
from clips import looped
from rich.console import Console
from rich.table import Table

import realtime
from realtime.commands.demo import demo_clip
from realtime.sinks.shared import SharedSink
from realtime.sinks.zeromq import ZeroMQSink
from realtime.streams import Streams
from realtime.turns import Turns

FPS = 30
WARM_UP_S = 2.0


@dataclass(slots=True)
class Together:
    """What one process did with several streams."""

    fps: float
    cpu_ms_per_frame: float
    dropped_percent: float
    p50_ms: float
    p99_ms: float
    each: list[int]
    exact: bool


def together(clip: Path, streams: int, cores: int, *, paced: bool) -> Together:
    """Follow a clip so many times at once in this process."""
    sink = SharedSink(ZeroMQSink("tcp://127.0.0.1:*"))
    turns = Turns(cores)
    pipelines = [
        realtime.build_pipeline(
            str(clip),
            max_faces=1,
            realtime=paced,
            name=f"camera{number}",
            turn=turns.join(),
            sinks=[sink.share()],
        )
        for number in range(streams)
    ]
    latencies = []
    with Streams(pipelines) as running:
        gc.collect()
        gc.freeze()
        wall, cpu = time.perf_counter(), time.process_time()
        for result in running:
            if time.perf_counter() - wall > WARM_UP_S:
                latencies.append(result.t_publish - result.t_capture)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.unfreeze()
    if running.failures:
        raise next(iter(running.failures.values()))
    frames = [pipeline.summary.frames for pipeline in pipelines]
    dropped = sum(pipeline.source.dropped for pipeline in pipelines)
    captured = sum(pipeline.source.captured for pipeline in pipelines)
    ages = np.array(latencies or [0.0]) * 1e3
    return Together(
        fps=sum(frames) / wall,
        cpu_ms_per_frame=1e3 * cpu / sum(frames),
        dropped_percent=100 * dropped / captured,
        p50_ms=float(np.percentile(ages, 50)),
        p99_ms=float(np.percentile(ages, 99)),
        each=frames,
        exact=captured == sum(frames) + dropped,
    )


def _bare(clip: Path, start: Any, answers: Any) -> None:
    start.wait()
    run = bare_loop(clip, 1)
    answers.put(run.fps)


def bare_trackers(clip: Path, cores: int) -> float:
    """Frames a second of one bare loop for each core, at the same time."""
    spawned = multiprocessing.get_context("spawn")
    start, answers = spawned.Barrier(cores), spawned.Queue()
    children = [spawned.Process(target=_bare, args=(clip, start, answers)) for _ in range(cores)]
    for child in children:
        child.start()
    found = [answers.get() for _ in children]
    for child in children:
        child.join()
    return sum(found)


def throughput(folder: Path, clip: Path, streams: int, cores: int, repeats: int) -> dict[str, float]:
    """In turns, after one uncounted turn of ours."""
    ours_clip = looped(clip, folder / "ours.mp4", frames=900, fps=FPS)
    bare_clip = looped(clip, folder / "bare.mp4", frames=900 * streams // cores, fps=FPS)
    together(ours_clip, streams, cores, paced=False)
    ours, bare = [], []
    for _ in range(repeats):
        bare.append(bare_trackers(bare_clip, cores))
        ours.append(together(ours_clip, streams, cores, paced=False).fps)
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    return {
        "ours_fps": statistics.median(ours),
        "bare_fps": statistics.median(bare),
        "ratio": statistics.median(ratios),
    }


def overload(folder: Path, clip: Path, streams: int, cores: int) -> dict[str, Any]:
    """Play so many streams at twice the rate that so many can be processed at."""
    able = together(looped(clip, folder / "able.mp4", frames=450, fps=FPS), streams, cores, paced=False)
    fps = round(2 * able.fps / streams)
    played = looped(clip, folder / "fast.mp4", frames=15 * fps, fps=fps)
    found = together(played, streams, cores, paced=True)
    return {
        "streams": streams,
        "source_fps": fps,
        "dropped_percent": found.dropped_percent,
        "p50_periods": found.p50_ms * fps / 1e3,
        "p99_periods": found.p99_ms * fps / 1e3,
        "fewest_and_most_frames": [min(found.each), max(found.each)],
        "exact": found.exact,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, nargs="?", help="a video with one face; default: the demo's")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6, 7, 8])
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each paced run")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    clip, console = args.clip or demo_clip(), Console(soft_wrap=True)
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rate = figures["throughput"] = throughput(folder, clip, 4, args.cores, args.repeats)
        console.print(
            f"4 streams in one process {rate['ours_fps']:.0f} fps, {args.cores} bare trackers "
            f"{rate['bare_fps']:.0f} fps, ratio {rate['ratio']:.2f}"
        )
        table = Table("streams", "CPU ms/frame", "dropped %", "p50 ms", "p99 ms", "frames each", box=None)
        played = looped(clip, folder / "paced.mp4", frames=int(args.seconds * FPS), fps=FPS)
        figures["cost"] = []
        for streams in args.streams:
            found = together(played, streams, args.cores, paced=True)
            figures["cost"].append({"streams": streams, "cpu_ms_per_frame": found.cpu_ms_per_frame,
                "dropped_percent": found.dropped_percent, "p50_ms": found.p50_ms, "p99_ms": found.p99_ms,
                "frames_each": found.each, "exact": found.exact})  # fmt: skip
            table.add_row(
                str(streams), f"{found.cpu_ms_per_frame:.2f}", f"{found.dropped_percent:.2f}",
                f"{found.p50_ms:.1f}", f"{found.p99_ms:.1f}", f"{min(found.each)}-{max(found.each)}",
            )  # fmt: skip
        console.print(table)
        figures["overload"] = []
        for streams in (1, 4, 8):
            found = overload(folder, clip, streams, args.cores)
            figures["overload"].append(found)
            console.print(
                f"overload: {streams} streams of {found['source_fps']} fps, {found['dropped_percent']:.0f} % "
                f"dropped, age p50 {found['p50_periods']:.2f}, p99 {found['p99_periods']:.2f} periods of the "
                f"source, frames of each stream {found['fewest_and_most_frames']}, captured = processed + "
                f"dropped: {'yes' if found['exact'] else 'NO'}"
            )
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
