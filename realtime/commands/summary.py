"""The summary at the end of every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from realtime.stage_times import PERCENTILES

if TYPE_CHECKING:
    from realtime.pipeline import Pipeline

STAGE_WORDS = {
    "decode": "decode",
    "handover": "wait for the tracker",
    "track": "track",
    "head": "calibrate, route, score",
    "smooth": "smooth",
    "publish": "publish and record",
    "latency": "capture to publish",
}


def print_summaries(pipelines: Mapping[str, Pipeline], console: Console) -> None:
    """Print a row for each stream, and what there is to say of its data."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("stream", no_wrap=True, overflow="ellipsis")
    for heading in ("frames", "s", "fps", "dropped", "faces", "tracks", "p50", "p95", "p99"):
        table.add_column(heading, justify="right")
    for name, pipeline in pipelines.items():
        summary = pipeline.summary
        latency = pipeline.times.percentiles("latency")
        table.add_row(
            name, str(summary.frames), f"{summary.seconds:.1f}", f"{summary.fps:.1f}", str(summary.dropped),
            str(summary.faces), str(len(summary.tracks)),
            *(f"{1000 * latency[p]:.1f}" if latency else "" for p in PERCENTILES),
        )  # fmt: skip
    console.print(table)
    console.print("p50, p95, p99: milliseconds from capture to publish", highlight=False)
    for name, pipeline in pipelines.items():
        _print_lines(pipeline, console, f"{name}: ")


def print_summary(pipeline: Pipeline, console: Console) -> None:
    """Print frames, drops, faces and rate, and the percentiles of each stage."""
    summary = pipeline.summary
    people = len(summary.tracks)
    console.print(
        f"{summary.frames} frames in {summary.seconds:.1f} s ({summary.fps:.1f} fps), "
        f"{summary.dropped} dropped; {summary.frames_with_faces} with faces, "
        f"{summary.faces} faces in all, {people} {'track' if people == 1 else 'tracks'}",
        highlight=False,
        soft_wrap=True,
    )
    _print_lines(pipeline, console)
    if summary.frames == 0:
        return
    words = dict(STAGE_WORDS)
    if not pipeline.source.live:
        words["handover"] = "wait (files are read ahead)"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("milliseconds")
    for percentile in PERCENTILES:
        table.add_column(f"p{percentile}", justify="right")
    for stage in pipeline.times.stages:
        values = pipeline.times.percentiles(stage)
        if values:
            cells = (f"{1000 * values[percentile]:.2f}" for percentile in PERCENTILES)
            table.add_row(words[stage], *cells)
    console.print(table)


def _print_lines(pipeline: Pipeline, console: Console, whose: str = "") -> None:
    """Print what was lost to damaged data, and why a stream ended."""
    summary = pipeline.summary
    lines = [f"warning: {summary.damage}"] if summary.damage else []
    if "://" in pipeline.source.label and summary.detail:
        lines.append(f"the stream ended: {summary.detail}")
    for line in lines:
        console.print(whose + line, highlight=False, markup=False, soft_wrap=True)
