"""Faces that do nothing: how often Action Units are read in them all the same."""

from __future__ import annotations

import numpy as np

from realtime.facs import AU_NAMES
from trainers.metrics import false_alarms
from trainers.reports.comparison import Comparison, listed
from trainers.reports.content import Headline, Section, Table
from trainers.reports.occurrence import NO_INTERVAL_NOTE


def rest_section(comparison: Comparison) -> Section | None:
    """Return the section, None if no face is known to be at rest, or no intensity is predicted."""
    pairs = comparison.intensity
    if pairs is None:
        return None
    aus, labels, predicted = pairs
    rest = pairs.known.all(axis=1) & (np.nan_to_num(labels) == 0).all(axis=1)
    if not rest.any():
        return None
    strongest = predicted.max(axis=1, keepdims=True)
    of_any = comparison.figures(false_alarms, np.zeros_like(strongest), strongest, rest)
    of_each = comparison.figures(false_alarms, labels, predicted, rest)
    notes = ["A face is at rest if all AUs that are compared here are labelled, and labelled 0."]
    if of_each.without_interval:
        notes.append(NO_INTERVAL_NOTE)
    table = Table(
        title="Share of faces at rest that read above 1",
        caption=comparison.caption(listed(aus), rest),
        head=("AU", "name", false_alarms.name),
        rows=tuple((au, AU_NAMES.get(au, ""), share) for au, share in zip(aus, of_each.each, strict=True)),
        summary=(("any", "", of_any.mean),),
        notes=tuple(notes),
    )
    return Section(
        "rest",
        "Faces at rest",
        (table,),
        {"faces": int(rest.sum()), "any": of_any.mean, "each": of_each.as_json(aus)},
        (Headline("at rest, any AU above 1", of_any.mean, f"{int(rest.sum())} faces", percent=True),),
    )
