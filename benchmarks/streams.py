"""How many cameras one machine follows, and at what latency: `python benchmarks/streams.py [CLIP]`.

A clip is played at a camera's pace by so many streams at once, each a whole pipeline with its own publisher,
spread over processes. Told for each number: frames kept up with, frames dropped, latency from capture to
publish over all streams, and processor time a frame. On a GPU the streams of a process share its networks.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from clips import looped
from rich.console import Console
from rich.table import Table

import realtime
from engines import LiveFacsError, SharedNetworks
from engines.choices import DEVICES
from realtime.commands.demo import demo_clip
from realtime.pipeline import Pipeline
from realtime.sinks.zeromq import ZeroMQSink

FPS = 30
WARM_UP_S = 2.0
PERCENTILES = (50, 95, 99)


@dataclass(slots=True)
class Tally:
    """What the streams of a process counted together."""

    latencies: list[float] = field(default_factory=list)
    dropped: int = 0
    processed: int = 0
    failures: list[str] = field(default_factory=list)


def follow(pipeline: Pipeline, tally: Tally) -> None:
    """Run one open pipeline; note the latency of each frame and the drops after the warm-up."""
    start = time.monotonic()
    missed = 0
    for result in pipeline:
        if time.monotonic() - start > WARM_UP_S:
            tally.latencies.append(result.t_publish - result.t_capture)
        else:
            missed = pipeline.source.dropped
    tally.dropped += pipeline.source.dropped - missed
    tally.processed += pipeline.summary.frames


def stream(pipeline: Pipeline, opened: threading.Barrier, tally: Tally) -> None:
    """Be one stream: a pipeline is opened, run and closed by one thread."""
    try:
        pipeline.load()
        opened.wait()
        with pipeline:
            follow(pipeline, tally)
    except (LiveFacsError, threading.BrokenBarrierError) as error:
        tally.failures.append(str(error))
        opened.abort()


def several(clip: Path, count: int, device: str, patience: float, start: Any, answers: Any) -> None:
    """Be a process: `count` streams, each in a thread."""
    tally = Tally()
    with ExitStack() as stack:
        shared = None if device == "cpu" else stack.enter_context(SharedNetworks(patience))
        ready = threading.Barrier(count + 1)
        try:
            pipelines = [
                realtime.build_pipeline(
                    str(clip),
                    max_faces=1,
                    device=device,
                    realtime=True,
                    name=f"camera{number}",
                    shared=shared,
                    sinks=[ZeroMQSink("tcp://127.0.0.1:*")],
                )
                for number in range(count)
            ]
        except LiveFacsError as error:
            answers.put({"failed": str(error)})
            start.abort()
            return
        threads = [threading.Thread(target=stream, args=(pipeline, ready, tally)) for pipeline in pipelines]
        for thread in threads:
            thread.start()
        gc.collect()
        gc.freeze()
        try:
            start.wait()  # all processes are loading; from here on they may begin
            ready.wait()
        except threading.BrokenBarrierError:
            ready.abort()
        cpu = time.process_time()
        for thread in threads:
            thread.join()
        if tally.failures:
            answers.put({"failed": tally.failures[0]})
            return
        cpu = time.process_time() - cpu
        answers.put(
            {
                "latencies": tally.latencies,
                "dropped": tally.dropped,
                "processed": tally.processed,
                "cpu_s": cpu,
            }
        )


def measure(clip: Path, streams: int, processes: int, device: str, patience: float) -> dict[str, Any] | str:
    """Return the figures of so many streams, or why there are none."""
    spawned = multiprocessing.get_context("spawn")
    shares = [len(range(number, streams, processes)) for number in range(min(processes, streams))]
    start, answers = spawned.Barrier(len(shares)), spawned.Queue()
    children = [
        spawned.Process(target=several, args=(clip, share, device, patience, start, answers))
        for share in shares
    ]
    for child in children:
        child.start()
    found = [answers.get() for _ in children]
    for child in children:
        child.join()
    reasons = [each["failed"] for each in found if "failed" in each]
    if reasons:
        return str(reasons[0])
    latencies = np.concatenate([each["latencies"] for each in found]) * 1e3
    dropped, processed = (sum(each[what] for each in found) for what in ("dropped", "processed"))
    return {
        "streams": streams,
        "frames": len(latencies),
        "dropped_percent": 100 * dropped / max(1, len(latencies) + dropped),
        **{f"p{p}_ms": float(np.percentile(latencies, p)) for p in PERCENTILES},
        "cpu_ms_per_frame": 1e3 * sum(each["cpu_s"] for each in found) / max(1, processed),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, nargs="?", help="a video with one face; default: the demo's")
    parser.add_argument("--device", choices=DEVICES, default=DEVICES[0])
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count(), help="most processes; default: one a core"
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each run")
    parser.add_argument(
        "--patience", type=float, default=0.0, help="ms that a free network on a GPU waits for other streams"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    console = Console(soft_wrap=True)
    columns = ("streams", "frames", "dropped %", *(f"p{p} ms" for p in PERCENTILES), "CPU ms/frame")
    table = Table(*columns, box=None, title=f"{args.device}, at most {args.processes} processes")
    figures: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        clip = looped(args.clip or demo_clip(), Path(folder) / "paced.mp4", frames=int(args.seconds * FPS))
        for streams in args.streams:
            found = measure(clip, streams, args.processes, args.device, args.patience / 1e3)
            figures.append(found)
            if isinstance(found, str):
                console.print(f"not run: {streams} streams on {args.device}: {found}")
                continue
            table.add_row(
                str(found["streams"]), str(found["frames"]), f"{found['dropped_percent']:.2f}",
                *(f"{found[f'p{p}_ms']:.1f}" for p in PERCENTILES), f"{found['cpu_ms_per_frame']:.2f}",
            )  # fmt: skip
    console.print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
