"""Every network of a reproduction: how many pictures, iterations and seconds it took."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.reports.content import Table
from trainers.reproduction.runs import TrainedRun


def networks_table(trained: Sequence[TrainedRun]) -> Table:
    """Return every network: how many pictures, iterations and seconds."""
    rows = []
    for run in trained:
        record, standing = run.loaded.record, run.standing
        train, validation = record.origin.rows
        rows.append(
            (
                run.run.name,
                train,
                validation,
                standing.iteration,
                standing.best_iteration,
                round(standing.seconds),
                standing.ended,
            )
        )
    seconds = sum(run.standing.seconds for run in trained)
    record = trained[0].loaded.record
    return Table(
        title="Networks",
        caption=f"{len(trained)} networks, trained in {seconds / 60:.1f} minutes on "
        f"{record.environment.device} with {record.environment.threads} threads.",
        head=("network", "trained on", "validated on", "iterations", "best after", "seconds", "ended"),
        rows=tuple(rows),
        notes=("Pictures are those of one epoch. Validation rows decide which weights are the best.",),
    )
