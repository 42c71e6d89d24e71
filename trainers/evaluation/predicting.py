"""A bundle's scores for the tracked faces of a corpus, by the router, heads and filter that run live."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engines.choices import PRECISIONS
from realtime.calibration import RESTING, MeanFaces, NeutralBaseline, RestingScores
from realtime.errors import OptionError
from realtime.heads import Head
from realtime.routing import PoseRouter
from realtime.smoothing import MedianSmoother
from realtime.types import Scores
from trainers.corpora.corpus import Corpus
from trainers.corpora.recordings import in_time
from trainers.errors import ProtocolError
from trainers.evaluation.tracked import Tracked
from trainers.evaluation.tracked_faces import TrackedFaces

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from engines.engine import Engine

FACES_AT_A_TIME = 32


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of each of n pictures.

    Attributes:
        model: name and version.
        aus: the A Action Units of the columns.
        expressions: the E expressions of the columns; empty if it gives none.
        occurrence: (n, A) float32 probabilities, NaN where no face was found; None if it gives none.
        intensity: (n, A) float32, 0 to 5, likewise.
        expression: (n, E) float32 probabilities, likewise.
        pose_group: (n,) the pose group that served each face, "" where none was found.
        thresholds: (A,) probability from which an AU counts as present.
        settings: how they were made, one line for reports.
    """

    model: str
    aus: tuple[str, ...]
    expressions: tuple[str, ...]
    occurrence: NDArray[np.float32] | None
    intensity: NDArray[np.float32] | None
    expression: NDArray[np.float32] | None
    pose_group: NDArray[np.str_]
    thresholds: NDArray[np.float64]
    settings: str = ""

    def __len__(self) -> int:
        return len(self.pose_group)

    @property
    def found(self) -> NDArray[np.bool_]:
        """(n,) where there is a prediction at all."""
        found: NDArray[np.bool_] = self.pose_group != ""
        return found

    def select(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> Predictions:
        """Return these rows in this order, as `Corpus.select` does."""

        def chosen(scores: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
            return None if scores is None else scores[rows]

        return dataclasses.replace(
            self,
            occurrence=chosen(self.occurrence),
            intensity=chosen(self.intensity),
            expression=chosen(self.expression),
            pose_group=self.pose_group[rows],
        )

    def with_aus(self, aus: tuple[str, ...]) -> Predictions:
        """Return these AU columns in this order.

        Raises:
            ProtocolError: if one of them is not predicted.
        """
        missing = [au for au in aus if au not in self.aus]
        if missing:
            raise ProtocolError(
                f"model {self.model} has no {', '.join(missing)}; it has {', '.join(self.aus) or 'no AU'}"
            )
        columns = [self.aus.index(au) for au in aus]
        return dataclasses.replace(
            self,
            aus=aus,
            occurrence=None if self.occurrence is None else self.occurrence[:, columns],
            intensity=None if self.intensity is None else self.intensity[:, columns],
            thresholds=self.thresholds[columns],
        )


def predict(
    bundle: Bundle,
    corpus: Corpus,
    tracked: Tracked,
    *,
    window: int = 1,
    fps: float | None = None,
    backend: str = "onnxruntime",
    precision: str = PRECISIONS[0],
    engine_of: Callable[[str], Engine] | None = None,
    progress: Callable[[int], None] = lambda pictures: None,
) -> Predictions:
    """Score every face that was found.

    Rows of one sequence and view are a recording, taken in the order of their frames. The median filter
    follows it as it follows a track live: causal, and beginning anew after a picture without a face or
    where frames are left out (a step longer than the recording's median step).

    Args:
        tracked: of the same rows.
        window: frames of the temporal median, odd; 1 is no filter.
        fps: frames a second of the corpus' recordings. If given, what each recording's person is like at
            rest is learned on the way as live (`realtime.calibration`), and kept to its end. If not, each
            face is measured from `RESTING`, as is a person live of whom nothing has been seen: the setting
            for stills.
        backend: what runs the networks (`engines.backends`).
        precision: of the networks, one of `bundle.precisions`.
        engine_of: file name of a network -> the engine to run instead, whatever backend and precision say;
            it gets the same inputs.
        progress: called with how many more pictures are done.

    Raises:
        LiveFacsError: the window is even, fps not above 0, the rows do not match, or a network fails.
    """
    tracked.check(corpus)
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise OptionError(f"fps {fps:g}: must be above 0 frames a second")
    manifest = bundle.manifest
    faces = TrackedFaces(corpus, tracked, manifest.crop)
    recording, order, restart = in_time(corpus)
    smoother = MedianSmoother(window)
    baseline, resting = NeutralBaseline(), RestingScores(len(bundle.aus), manifest.resting_share)
    means = MeanFaces()
    found = order[tracked.found[order]]
    begins = set(found[np.diff(recording[found], prepend=-1) > 0].tolist())
    router = PoseRouter(manifest.pose_groups)
    scores = _Columns(len(corpus), bundle)
    with Head(bundle, backend, precision, engine_of=engine_of) as head:
        smoother.open()
        for start in range(0, len(order), FACES_AT_A_TIME):
            rows = order[start : start + FACES_AT_A_TIME]
            batch = {row: faces.at(row, int(recording[row])) for row in rows.tolist() if tracked.found[row]}
            for row, face in batch.items():
                face.neutral = RESTING
                if manifest.needs_mean_crop and fps is None:
                    face.mean_crop = faces.mean_of(row)
                if fps is not None:
                    if row in begins:
                        baseline.reset()
                        means.reset()
                    if manifest.needs_mean_crop:
                        face.mean_crop = means.update(
                            face.track_id, np.asarray(face.crop), corpus.frame[row] / fps
                        )
                    face.neutral = baseline.update(
                        face.track_id, face.blendshapes, corpus.frame[row] / fps, face.pose
                    )
            router.route(batch.values())
            raw = dict(zip(batch, head.score(list(batch.values())), strict=True))
            if fps is not None:
                for row, face in batch.items():
                    if row in begins:
                        resting.reset()
                    raw[row] = resting.measure(face.track_id, raw[row], corpus.frame[row] / fps)
            for row in rows.tolist():
                if restart[row] or row not in raw:
                    smoother.forget(int(recording[row]))
                if row in raw:
                    smooth = smoother.smooth(int(recording[row]), raw[row])
                    scores.write(row, smooth, batch[row].pose_group)
            progress(len(rows))
    rest = "each face measured from an average resting face"
    if fps is not None:
        rest = f"resting face learned at {fps:g} frames a second"
        if manifest.resting_share:
            rest += f", and scores at rest, up to {manifest.resting_share:.0%} of their range"
    median = f"causal median of {window} frames" if window > 1 else "no temporal filter"
    return Predictions(
        model=bundle.id,
        aus=bundle.aus,
        expressions=bundle.expressions,
        occurrence=scores.occurrence,
        intensity=scores.intensity,
        expression=scores.expression,
        pose_group=np.array(scores.pose_group, dtype=np.str_),
        thresholds=np.array([bundle.thresholds[au] for au in bundle.aus]),
        settings=f"{median}; {rest}",
    )


class _Columns:
    """The scores of all rows, NaN until written; None what the bundle does not offer."""

    def __init__(self, rows: int, bundle: Bundle) -> None:
        offered = bundle.manifest.pose_groups[0].outputs.offered  # all groups offer the same

        def column(kind: str) -> NDArray[np.float32] | None:
            if kind not in offered:
                return None
            return np.full((rows, bundle.manifest.columns(kind)), np.nan, dtype=np.float32)

        self.occurrence = column("au_occurrence")
        self.intensity = column("au_intensity")
        self.expression = column("expression")
        self.pose_group = [""] * rows

    def write(self, row: int, scores: Scores, pose_group: str) -> None:
        self.pose_group[row] = pose_group
        for column, values in (
            (self.occurrence, scores.au_occurrence),
            (self.intensity, scores.au_intensity),
            (self.expression, scores.expression),
        ):
            if column is not None:
                column[row] = values
