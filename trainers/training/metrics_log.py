"""`metrics.jsonl`: what a run measured, a line for each look at the validation rows.

    {"iteration": 120, "epoch": 2.0, "seconds": 31.4, "lr": {"all": 0.001},
     "train": {"loss": 0.2, "loss/au": 0.2}, "validation": {"loss": 0.3, "loss/au": 0.3, "icc": 0.41}}

`train` holds the means since the line before. "loss" is the weighted sum; a task with several optimisers
has none in training. null is undefined.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from trainers.training.errors import TrainingError

Line = dict[str, Any]


def append(path: Path, line: Line) -> None:
    """Append a line. Raises TrainingError if the disk does not take it."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(_strict(line), allow_nan=False) + "\n")
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written ({error.strerror}): check the disk") from error


def read(path: Path) -> list[Line]:
    """Return the lines, with NaN where they say null. None if there is no file. Raises TrainingError."""
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [_loose(json.loads(line)) for line in text.splitlines()]
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path}: is no log of a run ({error}): delete it") from error


def series(path: Path, part: str, figure: str) -> tuple[list[int], list[float]]:
    """Return the iterations at which a figure was measured, and what it was.

    Args:
        part: "train" or "validation".
        figure: such as "loss/au".
    """
    told = [line for line in read(path) if figure in line.get(part, {})]
    return [line["iteration"] for line in told], [line[part][figure] for line in told]


def keep_until(path: Path, iteration: int) -> list[Line]:
    """Drop the lines after an iteration, which a resumed run writes again; return those that stay."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    kept = []
    for line in text.splitlines():
        try:
            if json.loads(line)["iteration"] > iteration:
                break
        except (ValueError, KeyError):  # cut off in the middle of a line
            break
        kept.append(line + "\n")
    path.write_text("".join(kept), encoding="utf-8")
    return read(path)


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _loose(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _loose(item) for key, item in value.items()}
    return math.nan if value is None else value
