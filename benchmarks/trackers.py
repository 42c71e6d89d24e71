"""The native tracker beside MediaPipe's: `python benchmarks/trackers.py CLIP [CLIP ...]`.

Both read the same pictures in turns, in one process, on one core: how far apart landmarks, blendshapes and
pose are, in how many pictures they find as many faces, and the processor time of each.

`--device cuda` runs the native tracker's networks on a GPU, `--beside native` compares with its own on the
CPU where MediaPipe is not installed; times are the wall's then, and any core's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from rich.console import Console
from rich.table import Table

from engines.choices import DEVICES
from realtime.tracking.face_model import face_model
from realtime.tracking.landmarker import Detection, Landmarker
from realtime.tracking.landmarkers import create_landmarker, landmarker_names
from realtime.tracking.pose import pose_from_matrix

WARM_UP = 5
STILL_TURNS = 60
MODES = {"one face, followed": (1, False), "up to four, followed": (4, False), "stills": (4, True)}


def compare(
    clip: Path, max_faces: int, stills: bool, frames: int, device: str, beside: str
) -> dict[str, float]:
    """Run both over a clip; return medians and extremes."""
    model = face_model()
    clock = time.process_time if device == DEVICES[0] else time.perf_counter
    points, shapes, angles, alike = [], [], [], []
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    with av.open(str(clip)) as container:
        pictures = [
            np.ascontiguousarray(frame.to_ndarray(format="rgb24"))
            for frame, _ in zip(container.decode(video=0), range(frames), strict=False)
        ]
    pictures *= max(1, STILL_TURNS // len(pictures))  # a photograph is a clip of one frame
    with (
        create_landmarker("native", model, max_faces=max_faces, stills=stills, device=device) as native,
        create_landmarker(beside, model, max_faces=max_faces, stills=stills) as oracle,
    ):
        both: dict[str, Landmarker] = {"ours": native, "theirs": oracle}
        for number, picture in enumerate(pictures):
            found = {}
            for name, landmarker in both.items():
                start = clock()
                found[name] = landmarker.detect(picture, number / 30)
                taken[name].append(clock() - start)
            ours, theirs = found["ours"], found["theirs"]
            alike.append(len(ours) == len(theirs))
            for a, b in matched(ours, theirs):
                points.append(np.linalg.norm((a.landmarks - b.landmarks)[:, :2], axis=1))
                shapes.append(np.abs(a.blendshapes - b.blendshapes).mean())
                turned = [pose_from_matrix(each.matrix) for each in (a, b)]
                angles.append(max(abs(x - y) for x, y in zip(*map(_angles, turned), strict=True)))
    if not points:
        points, shapes, angles = [np.full(1, np.nan)], [np.nan], [np.nan]
    ms = {name: 1e3 * statistics.median(times[WARM_UP:]) for name, times in taken.items()}
    return {
        "frames": len(pictures),
        "as_many_faces": float(np.mean(alike)),
        "landmarks_median_px": float(np.median(points)),
        "landmarks_p95_px": float(np.percentile(points, 95)),
        "blendshapes_mean": float(np.mean(shapes)),
        "pose_most_degrees": float(np.degrees(max(angles))),
        "native_ms": ms["ours"],
        f"{beside}_ms": ms["theirs"],
        "ratio": ms["ours"] / ms["theirs"],
    }


def matched(ours: list[Detection], theirs: list[Detection]) -> Iterator[tuple[Detection, Detection]]:
    """Pair each of our faces with the one of theirs whose middle is nearest, where there are as many."""
    if len(ours) == len(theirs):
        middles = [face.landmarks[:, :2].mean(axis=0) for face in theirs]
        for face in ours:
            middle = face.landmarks[:, :2].mean(axis=0)
            yield face, theirs[int(np.argmin([np.linalg.norm(middle - each) for each in middles]))]


def _angles(pose: Any) -> tuple[float, float, float]:
    return pose.yaw, pose.pitch, pose.roll


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", type=Path, nargs="+", help="videos or photographs")
    parser.add_argument("--frames", type=int, default=150, help="most of each clip")
    parser.add_argument("--device", choices=DEVICES, default=DEVICES[0], help="of the native tracker")
    parser.add_argument("--beside", choices=landmarker_names(), default="mediapipe", help="on the CPU")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    if args.device == DEVICES[0] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    columns = ("", "frames", "as many faces", "landmarks px, median / p95", "blendshapes", "pose, most",
               f"native ms, {args.device}", f"{args.beside} ms, cpu", "ratio")  # fmt: skip
    table = Table(*columns, box=None)
    figures = {}
    for clip in args.clips:
        for mode, (max_faces, stills) in MODES.items():
            found = figures[f"{clip.name}: {mode}"] = compare(
                clip, max_faces, stills, args.frames, args.device, args.beside
            )
            table.add_row(
                f"{clip.name}: {mode}", str(found["frames"]), f"{found['as_many_faces']:.1%}",
                f"{found['landmarks_median_px']:.3f} / {found['landmarks_p95_px']:.3f}",
                f"{found['blendshapes_mean']:.5f}", f"{found['pose_most_degrees']:.3f}°",
                f"{found['native_ms']:.2f}", f"{found[f'{args.beside}_ms']:.2f}", f"{found['ratio']:.2f}",
            )  # fmt: skip
    Console(soft_wrap=True, width=180).print(table)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
