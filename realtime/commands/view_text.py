"""The words and bars of the running view: one result, one face, one line of stage times."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.text import Text

from realtime.facs import AU_NAMES
from realtime.stage_times import StageTimes
from realtime.types import FaceResult, FrameResult

BAR_WIDTH = 20
FULL_INTENSITY = 5.0
EIGHTHS = " ▏▎▍▌▋▊▉█"
LATEST_FRAMES = 300
STAGE_WORDS = {"handover": "wait"}


def progress(result: FrameResult, total: int | None) -> str:
    """Which frame this is, of how many if that is known."""
    return f"frame {result.frame}/{total}" if total else f"frame {result.frame}"


def face_text(face: FaceResult, thresholds: Mapping[str, float], *, with_expressions: bool) -> Text:
    """One face: its pose, a bar per AU, and a bar per expression or just the likeliest."""
    text = Text(no_wrap=True)
    text.append(f" face {face.track_id}", "bold")
    text.append(f"  {_pose_text(face)}  pose group {face.pose_group}")
    if not with_expressions and face.expression:
        text.append(f"  {_likeliest(face.expression)}", "bold yellow")
    text.append("\n")
    occurrence = face.au_occurrence or {}
    for au, intensity in (face.au_intensity or {}).items():
        present = occurrence.get(au, 0.0) >= thresholds.get(au, 0.5)
        style = "bold green" if present else "dim"
        text.append(f" {au} ", style)
        text.append(f"{AU_NAMES.get(au, ''):<21}", "" if present else "dim")
        text.append(_bar(intensity / FULL_INTENSITY), "green" if present else "blue")
        text.append(f" {intensity:3.1f}", style)
        if au in occurrence:
            text.append(f"  {occurrence[au]:4.0%}", style)
        text.append("\n")
    if not face.au_intensity:
        for au, probability in occurrence.items():
            text.append(f" {au} {AU_NAMES.get(au, ''):<21}{_bar(probability)} {probability:4.0%}\n")
    if with_expressions and face.expression:
        best = max(face.expression, key=face.expression.__getitem__)
        text.append("\n")
        for name, probability in face.expression.items():
            style = "bold yellow" if name == best else "dim"
            text.append(f" {name:<26}", style)
            text.append(_bar(probability), "yellow")
            text.append(f" {probability:4.0%}\n", style)
    text.right_crop(1)
    return text


def _bar(share: float) -> str:
    """A bar of fixed width in eighths of a character."""
    eighths = round(min(max(share, 0.0), 1.0) * BAR_WIDTH * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(BAR_WIDTH)


def _pose_text(face: FaceResult) -> str:
    angles = (round(math.degrees(angle)) for angle in (face.pose.yaw, face.pose.pitch, face.pose.roll))
    return "yaw {:+d}° pitch {:+d}° roll {:+d}°".format(*angles)


def _likeliest(expression: dict[str, float]) -> str:
    name = max(expression, key=expression.__getitem__)
    return f"{name} {expression[name]:.0%}"


def one_line(face: FaceResult) -> str:
    """A face in one line: pose, the three strongest AUs, the likeliest expression."""
    parts = [f"face {face.track_id}", _pose_text(face)]
    strongest = sorted((face.au_intensity or {}).items(), key=lambda item: -item[1])[:3]
    parts += [f"{au} {intensity:.1f}" for au, intensity in strongest if intensity >= 0.5]
    if face.expression:
        parts.append(_likeliest(face.expression))
    return "  ".join(parts)


def stages_text(times: StageTimes) -> Text:
    """Capture to publish, then the median of every stage, over the latest frames."""
    text = Text(no_wrap=True, overflow="ellipsis")
    latency = times.percentiles("latency", LATEST_FRAMES)
    if latency:
        text.append(f" capture to publish {1000 * latency[50]:.1f} ms", "bold cyan")
        text.append(f" (p99 {1000 * latency[99]:.1f})", "cyan")
    for stage in times.stages:
        values = times.percentiles(stage, LATEST_FRAMES)
        if values and stage != "latency":
            text.append(f"  {STAGE_WORDS.get(stage, stage)} {1000 * values[50]:.1f}", "dim")
    return text


def latency_text(times: StageTimes) -> str:
    """Capture to publish over the latest frames, "" before the first."""
    values = times.percentiles("latency", LATEST_FRAMES)
    return f"latency p50 {1000 * values[50]:.1f} p99 {1000 * values[99]:.1f} ms" if values else ""
