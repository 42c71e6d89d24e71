"""LiveFACS beside what one would use instead: `python benchmarks/peers.py [CLIP]`.

Every contender reads the same clip in a process of its own, in turns, and the medians are told: frames a
second, frames per second of processor time, and the most memory. Those built in are timed without their
start-up. A program of your own takes part with `--peer NAME='COMMAND {clip}'`; it is timed whole, with the
clip looped to `--frames` frames so that its start-up weighs little.

    python benchmarks/peers.py --peer OpenFace='FeatureExtraction -f {clip} -aus -pose -2Dfp -out_dir /tmp/of'
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from bare import bare_loop, whole_pipeline
from clips import looped
from rich.console import Console
from rich.table import Table

from realtime.assembly import PipelineOptions
from realtime.commands.demo import demo_clip

BARE = "bare MediaPipe"
PIPELINES: dict[str, PipelineOptions] = {
    "LiveFACS": {},
    "LiveFACS, rule only": {"bundle": "blendshapes"},
    "LiveFACS, MediaPipe's tracker": {"tracker": "mediapipe"},
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One contender's way through the clip."""

    fps: float
    frames_per_cpu_second: float
    megabytes: float


def contend(name: str, clip: Path, max_faces: int) -> None:
    """Be a contender: warm up on the clip, read it once more, print the figures as JSON."""
    if name == BARE:
        bare_loop(clip, max_faces)
        run = bare_loop(clip, max_faces)
    else:
        options: PipelineOptions = {**PIPELINES[name], "max_faces": max_faces}
        whole_pipeline(clip, options)
        run, _ = whole_pipeline(clip, options)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([run.fps, run.frames_per_cpu_second, peak]))


def built_in(name: str, clip: Path, max_faces: int) -> Turn:
    command = [sys.executable, __file__, str(clip), "--max-faces", str(max_faces), "--contend", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1:]}")
    return Turn(*json.loads(done.stdout.splitlines()[-1]))


def program(command: str, clip: Path, frames: int) -> Turn:
    """Time a whole program; `{clip}` in its words is the clip."""
    words = [word.replace("{clip}", str(clip)) for word in shlex.split(command)]
    start = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - start
    if child.returncode:
        sys.exit(f"{words[0]} ended with status {child.returncode}")
    return Turn(frames / took, frames / (usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1024)


def frames_of(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def show(console: Console, title: str, turns: dict[str, Sequence[Turn]]) -> dict[str, dict[str, float]]:
    """Print a table; return its figures. Ratios are medians, to bare MediaPipe in the same turn."""
    table = Table("", "fps", "ratio", "frames per CPU s", "ratio", "peak MB", box=None, title=title)
    figures = {}
    for name, taken in turns.items():
        pairs = list(zip(taken, turns[BARE], strict=True))
        figures[name] = row = {
            "fps": statistics.median(turn.fps for turn in taken),
            "fps_ratio": statistics.median(turn.fps / bare.fps for turn, bare in pairs),
            "frames_per_cpu_s": statistics.median(turn.frames_per_cpu_second for turn in taken),
            "cpu_ratio": statistics.median(
                turn.frames_per_cpu_second / bare.frames_per_cpu_second for turn, bare in pairs
            ),
            "peak_mb": statistics.median(turn.megabytes for turn in taken),
        }
        table.add_row(
            name, f"{row['fps']:.0f}", f"{row['fps_ratio']:.2f}", f"{row['frames_per_cpu_s']:.0f}",
            f"{row['cpu_ratio']:.2f}", f"{row['peak_mb']:.0f}",
        )  # fmt: skip
    console.print(table)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, nargs="?", help="a video with faces; default: the demo's")
    parser.add_argument("--turns", type=int, default=5, help="of every contender")
    parser.add_argument("--frames", type=int, default=500, help="least length; the clip is looped to it")
    parser.add_argument("--max-faces", type=int, nargs="+", default=[1, 4], help="one comparison for each")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--contend", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.contend:
        contend(args.contend, args.clip, args.max_faces[0])
        return
    peers = dict(peer.split("=", 1) for peer in args.peer)
    console, figures = Console(), {}
    source = args.clip or demo_clip()
    with tempfile.TemporaryDirectory() as folder:
        clip = looped(source, Path(folder) / "clip.mp4", frames=args.frames)
        frames = frames_of(clip)
        for faces in args.max_faces:
            turns: dict[str, list[Turn]] = {name: [] for name in (BARE, *PIPELINES, *peers)}
            for _ in range(args.turns):
                for name, taken in turns.items():
                    peer = peers.get(name)
                    taken.append(program(peer, clip, frames) if peer else built_in(name, clip, faces))
            title = f"{source.name}, {frames} frames, up to {faces} face(s)"
            figures[title] = show(console, title, turns)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
