"""A bundle with its networks in eight-bit integers beside them, if these are worth as much."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.bundle import Bundle
from engines.bundle_writing import write_bundle
from trainers.compiling.int8 import quantised
from trainers.compiling.parity import ParityReport, compare
from trainers.corpora.corpus import Corpus
from trainers.errors import LiveFacsError
from trainers.evaluation.predicting import Predictions, predict
from trainers.evaluation.tracked import Tracked
from trainers.evaluation.tracked_faces import network_inputs

INT8 = "int8"
CALIBRATION_FACES = 256
LEAST_FACES = 32
"""For each network: fewer do not show the range of its activations."""


class CompileError(LiveFacsError):
    """Networks cannot be compiled, or are not worth running when they are."""


@dataclass(frozen=True)
class Pictures:
    """A labelled corpus, and the faces found in it."""

    corpus: Corpus
    tracked: Tracked

    def select(self, rows: Any) -> Pictures:
        """Return these rows in this order."""
        return Pictures(self.corpus.select(rows), self.tracked.select(rows))


def add_int8(
    bundle: Bundle,
    calibration: Pictures,
    checked: Pictures | None,
    out: Path,
    *,
    seed: int = 0,
    force: bool = False,
    progress: Callable[[str, int], Callable[[int], None]] = lambda what, total: lambda done: None,
) -> ParityReport:
    """Write a bundle with int8 networks to `out` and return how they compare with those in fp32.

    Args:
        calibration: faces whose activations set the ranges; `CALIBRATION_FACES` are drawn.
        checked: labelled faces to compare on; the rest of `calibration` if None.
        seed: of the draw.
        force: write the bundle even if its limits (`Manifest.parity`) are broken.
        progress: (what is done, how much of it) -> what to call with how much more is done.

    Raises:
        CompileError: too few faces, or the limits are broken.
        BundleError: `out` cannot be written.
    """
    found = np.flatnonzero(calibration.tracked.found)
    drawn = np.random.default_rng(seed).permutation(found)[:CALIBRATION_FACES]
    inputs = network_inputs(bundle, calibration.corpus, calibration.tracked, np.sort(drawn))
    for model, rows in inputs.items():
        if len(rows) < LEAST_FACES:
            raise CompileError(
                f"corpus {calibration.corpus.name}: {len(rows)} faces for {model}, int8 needs {LEAST_FACES} "
                "or more: give a larger corpus, with every head pose"
            )
    advance = progress("calibrating", len(inputs))
    files = {name: bundle.file_bytes(name) for name in bundle.manifest.files}
    forms = {}
    for model, rows in inputs.items():
        forms[model] = f"{model.removesuffix('.onnx')}.{INT8}.onnx"
        files[forms[model]] = quantised(bundle.model_bytes(model), rows)
        advance(1)
    fields = tomllib.loads(bundle.manifest_text.decode("utf-8-sig"))
    del fields["files"]
    fields["precisions"] = {**fields.get("precisions", {}), INT8: forms}
    if checked is None:
        checked = calibration.select(np.setdiff1d(np.arange(len(calibration.corpus)), drawn))
    with tempfile.TemporaryDirectory(prefix="livefacs-") as scratch:
        tried = write_bundle(Path(scratch) / "tried", fields, files)
        report = _compared(Bundle.open(tried, models=False), checked, progress)
    if not report.passed and not force:
        raise CompileError(
            f"bundle {bundle.path}: {_broken(report)} on {checked.corpus.name}: not written; "
            "calibrate on more varied faces, or take it as it is with --force"
        )
    older = [metric for metric in fields.get("metrics", []) if not metric["name"].startswith(f"{INT8}:")]
    fields["metrics"] = [*older, *_metrics(report, checked.corpus.name)]
    write_bundle(out, fields, files)
    return report


def _compared(
    bundle: Bundle, pictures: Pictures, progress: Callable[[str, int], Callable[[int], None]]
) -> ParityReport:
    corpus, tracked = pictures.corpus, pictures.tracked

    def said(precision: str) -> Predictions:
        advance = progress(f"scoring in {precision}", len(corpus))
        return predict(bundle, corpus, tracked, precision=precision, progress=advance)

    return compare(corpus, said(bundle.precisions[0]), said(INT8), bundle.manifest.parity)


def _broken(report: ParityReport) -> str:
    return ", ".join(
        f"int8 changes {worth.name} by {worth.change:+.4f}, more than {worth.limit:g},"
        for worth in report.worth
        if not worth.held
    ).rstrip(",")


def _metrics(report: ParityReport, corpus: str) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{INT8}: change of {worth.name}",
            "value": round(worth.change, 4),
            "protocol": f"mean over AUs, {report.faces} faces of {corpus}, each picture by itself",
        }
        for worth in report.worth
    ]
