"""The summary at the end of every run."""

from __future__ import annotations

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
    if summary.damage:
        console.print(f"warning: {summary.damage}", highlight=False, markup=False, soft_wrap=True)
    if "://" in pipeline.source.label and summary.detail:
        console.print(f"the stream ended: {summary.detail}", highlight=False, markup=False, soft_wrap=True)
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
