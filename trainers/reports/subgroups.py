"""Where a model fails: figures by skin tone, age, glasses and what else a corpus knows of each row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.metrics import class_accuracy, f1, icc
from trainers.reports.comparison import Comparison, listed
from trainers.reports.content import Cell, Measured, Section, Share, Table
from trainers.reports.expression import predicted_expressions

# More different texts than this are names, not groups; more different numbers are binned.
MOST_GROUPS = 10
BINS = 4


def subgroups_section(comparison: Comparison) -> Section | None:
    """Return one table per attribute that divides the rows, None if there is none."""
    blocks: list[Table] = []
    figures: dict[str, Any] = {}
    columns = {
        "domain": comparison.corpus.domain,
        "pose group": comparison.predictions.pose_group,
        **comparison.corpus.attributes,
    }
    for attribute, values in columns.items():
        groups = subgroups(values)
        if len(groups) < 2:
            continue
        measured = {name: _measure(comparison, rows) for name, rows in groups.items()}
        rest = ~np.any(list(groups.values()), axis=0)
        blocks.append(_table(comparison, attribute, groups, measured, unknown=int(rest.sum())))
        figures[attribute] = {
            name: {"frames": int(rows.sum()), **measured[name]} for name, rows in groups.items()
        }
    if not blocks:
        return None
    return Section("subgroups", "Where it fails", tuple(blocks), figures)


def subgroups(values: NDArray[Any]) -> dict[str, NDArray[np.bool_]]:
    """Return name -> (n,) rows of each group of an attribute, at most ten; empty if it makes no groups.

    Texts and few different numbers are groups themselves. Many numbers are cut at their quartiles. Rows
    with "" or NaN are in no group.
    """
    values = np.asarray(values)
    if values.ndim != 1:
        return {}
    if values.dtype == np.bool_:
        return {name: rows for name, rows in (("yes", values), ("no", ~values)) if rows.any()}
    if values.dtype.kind not in "iuf":
        names = sorted({str(value) for value in values.tolist()} - {""})
        return {name: values.astype(str) == name for name in names} if len(names) <= MOST_GROUPS else {}
    known = ~np.isnan(values.astype(np.float64))
    different = np.unique(values[known])
    if len(different) <= MOST_GROUPS:
        return {f"{value:g}": known & (values == value) for value in different}
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)))
    place = np.digitize(values, edges[1:-1])
    return {
        f"{low:.3g} to {high:.3g}": known & (place == k)
        for k, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True))
        if (known & (place == k)).any()
    }


def _measure(comparison: Comparison, rows: NDArray[np.bool_]) -> dict[str, Measured | Share]:
    """Return a group's figures by name, those only that the labels and the model allow."""
    figures: dict[str, Measured | Share] = {"found": Share(float(comparison.found[rows].mean()))}
    for name, metric, pairs in (
        ("mean F1", f1, comparison.decisions),
        ("mean ICC", icc, comparison.intensity),
    ):
        if pairs is not None:
            figures[name] = comparison.figures(metric, pairs.labels, pairs.predictions, rows).mean
    expression, predicted = comparison.corpus.expression, predicted_expressions(comparison.predictions)
    if predicted is not None and (expression != "").any():
        figures["expression"] = comparison.figures(class_accuracy, expression, predicted, rows).mean
    return figures


def _table(
    comparison: Comparison,
    attribute: str,
    groups: dict[str, NDArray[np.bool_]],
    measured: dict[str, dict[str, Measured | Share]],
    unknown: int,
) -> Table:
    columns = tuple(next(iter(measured.values())))
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            *measured[name].values(),
            int(mask.sum()),
            len(np.unique(comparison.corpus.subject[mask])),
        )
        for name, mask in groups.items()
    ]
    notes = [
        "Means are over the AUs (or expressions) that have a figure in the group: where rare AUs are missing "
        "in a small group its mean is over others."
    ]
    if unknown:
        notes.append(f"{attribute} is unknown in {unknown:,} frames.")
    if any(isinstance(f, Measured) and math.isnan(f.value) for m in measured.values() for f in m.values()):
        notes.append("–: undefined, no AU of the group has a figure.")
    return Table(
        title=f"By {attribute.replace('_', ' ')}",
        caption=comparison.caption(listed(comparison.corpus.aus), np.any(list(groups.values()), axis=0)),
        head=(attribute.replace("_", " "), *columns, "frames", "subjects"),
        rows=tuple(rows),
        notes=tuple(notes),
    )
