"""How many faces were found, from which poses, and how well the head pose was estimated."""

from __future__ import annotations

from typing import Any

import numpy as np

from trainers.corpora.viewpoints import viewpoints
from trainers.evaluation.found import WITHIN, FoundShare, within_angles
from trainers.evaluation.pose_accuracy import AXES, pose_error
from trainers.reports.comparison import Comparison
from trainers.reports.content import Headline, Measured, Section, Share, Table


def faces_section(comparison: Comparison) -> Section:
    """Return the section."""
    found = comparison.found
    groups = viewpoints(comparison.corpus)
    shares = {} if groups is None else {name: _share(found[groups.name == name]) for name in groups.order}
    everything = _share(found)
    summary = [("all", everything.found, everything.pictures, Share(everything.share))]
    inside = within_angles(comparison.corpus.pose, WITHIN)
    within = _share(found[inside])
    figures: dict[str, Any] = {
        "all": everything._asdict(),
        "per pose": {k: v._asdict() for k, v in shares.items()},
    }
    if within.pictures:
        name = f"within yaw ±{WITHIN[0]:g}°, pitch ±{WITHIN[1]:g}°"
        summary.append((name, within.found, within.pictures, Share(within.share)))
        figures[name] = within._asdict()
    kind = "pose" if groups is None else groups.kind
    blocks = [
        Table(
            title=f"Faces found per {kind}",
            caption=comparison.caption("No AU enters"),
            head=(kind, "found", "pictures", "share"),
            rows=tuple((name, s.found, s.pictures, Share(s.share)) for name, s in shares.items()),
            summary=tuple(summary),
            notes=() if groups is None else (groups.explanation,),
        )
    ]
    if comparison.tracked is not None and (inside & found).any():
        error = pose_error(comparison.corpus, comparison.tracked)
        degrees = dict(zip(AXES, error[:3], strict=True))
        figures["pose error, degrees"] = degrees
        blocks.append(
            Table(
                title="Mean absolute error of the estimated head pose, degrees",
                caption=comparison.caption("No AU enters", inside & found),
                head=("", *AXES, "faces"),
                rows=(
                    (f"yaw within ±{WITHIN[0]:g}°, pitch ±{WITHIN[1]:g}°", *degrees.values(), error.faces),
                ),
                notes=(
                    "As MediaPipe estimates it, uncalibrated; its matrix shrinks pitch. –: not labelled.",
                ),
                decimals=1,
            )
        )
    over = f"{everything.pictures:,} pictures"
    headline = Headline("faces found", Measured(everything.share), over, percent=True)
    return Section("faces", "Faces", tuple(blocks), figures, (headline,))


def _share(found: np.ndarray[Any, np.dtype[np.bool_]]) -> FoundShare:
    return FoundShare(int(found.sum()), len(found))
