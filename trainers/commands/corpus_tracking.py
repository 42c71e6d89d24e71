"""`livefacs corpus track`: how well the runtime's own tracker finds a corpus' faces."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.commands.face_model_options import FaceModel, Offline
from trainers.commands.corpus_folder import CorpusFolder, train_extra
from trainers.commands.corpus_progress import progress_bar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainers.corpora.corpus import Corpus
    from trainers.evaluation.found import FoundShare
    from trainers.evaluation.pose_accuracy import PoseError
    from trainers.evaluation.tracked import Tracked


def track(
    folder: CorpusFolder,
    save: Annotated[
        Path | None,
        typer.Option(help="Keep what was found in this .npz file; outside DIR is best.", show_default=False),
    ] = None,
    face_model: FaceModel = None,
    offline: Offline = False,
    jobs: Annotated[
        int | None, typer.Option(help="Processes; default: one per core.", show_default=False)
    ] = None,
) -> None:
    """Find every face as the live tracker does; print the share found per pose and the pose's error."""
    from realtime.tracking.face_model import face_model as find_face_model
    from trainers.corpora.store import open_corpus
    from trainers.evaluation.tracking import track as track_faces

    corpus = open_corpus(folder, verify=False)
    model = find_face_model(face_model, offline=offline)
    start = time.monotonic()
    with train_extra(), progress_bar("tracking", len(corpus), "pictures") as progress:
        tracked = track_faces(corpus, face_model=model, jobs=jobs, progress=progress)
    if save is not None:
        tracked.save(save, corpus)
    _report(corpus, tracked)
    seconds = time.monotonic() - start
    typer.echo(f"{len(corpus)} pictures in {seconds:.0f} s ({len(corpus) / seconds:.1f} pictures/s)")


def _report(corpus: Corpus, tracked: Tracked) -> None:
    from trainers.evaluation.found import WITHIN, found_per_pose, share_found
    from trainers.evaluation.pose_accuracy import AXES, PoseCalibration, pose_error

    per_pose = found_per_pose(corpus, tracked)
    width = max(map(len, per_pose), default=0)
    for name, found in per_pose.items():
        typer.echo(f"{name:<{width}}  {_shown(found)}")
    within = f"within yaw ±{WITHIN[0]:g}° and pitch ±{WITHIN[1]:g}°"
    typer.echo(f"all poses: {_shown(share_found(corpus, tracked, within=None))}")
    typer.echo(f"{within}: {_shown(share_found(corpus, tracked))}")
    typer.echo(f"mean absolute pose error {within}:")
    typer.echo(f"  as estimated: {_degrees(pose_error(corpus, tracked))}")
    halves = _halves(corpus)
    if halves is not None:
        fitted, tested = halves
        line = PoseCalibration.fit(corpus.select(fitted), tracked.select(fitted))
        rest = pose_error(corpus.select(tested), tracked.select(tested), calibration=line)
        lines = ", ".join(
            f"{axis} {slope:.2f} x truth {offset:+.1f}°"
            for axis, slope, offset in zip(AXES, line.slope, line.offset, strict=True)
        )
        typer.echo(f"  calibrated on every other subject, tested on the rest: {_degrees(rest)}")
        typer.echo(f"  the estimate is about {lines}")


def _halves(corpus: Corpus) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Rows of every other subject, and of the rest; None for a single subject or without poses."""
    import numpy as np

    people, number = np.unique(corpus.subject, return_inverse=True)
    if len(people) < 2 or np.isnan(corpus.pose).all():
        return None
    return np.flatnonzero(number % 2 == 0), np.flatnonzero(number % 2 == 1)


def _degrees(error: PoseError) -> str:
    return f"yaw {error.yaw:.1f}°, pitch {error.pitch:.1f}°, roll {error.roll:.1f}° ({error.faces} faces)"


def _shown(found: FoundShare) -> str:
    return f"{100 * found.share:5.1f} % of {found.pictures} faces found"
