"""What every experiment's report says of how it was run: for its head, and for `metrics.json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trainers.reports import Comparison
from trainers.reports.comparison import listed
from trainers.reproduction.request import Material, Request


def corpus_name(material: Material) -> str:
    """Return a corpus' name, and whether its faces are rendered."""
    return f"{material.corpus.name}{' (rendered faces)' if material.rendered else ''}"


def facts_of(request: Request, base: Comparison, seeds: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Return the last facts of a report.

    Args:
        base: any of the comparisons.
        seeds: of the trainings.
    """
    return (
        ("Size", f"{request.size}; every network is in “What was run”"),
        ("Seeds", ", ".join(map(str, seeds))),
        (
            "Intervals",
            f"95 %, percentile bootstrap over subjects, {base.resamples:,} draws, seed {base.seed}",
        ),
    )


def settings_of(
    paper: str, request: Request, material: Material, base: Comparison, seeds: Sequence[int]
) -> dict[str, Any]:
    """Return what `metrics.json` says of it.

    Args:
        paper: its name on the command line.
    """
    settings = {
        "paper": paper,
        "size": request.size,
        "corpus": material.corpus.name,
        "rendered": material.rendered,
        "aus": request.aus,
        "seeds": seeds,
        "protocol": base.protocol,
        "caption": base.caption(listed(base.corpus.aus)),
    }
    return settings if material.other is None else {**settings, "other": material.other.corpus.name}
