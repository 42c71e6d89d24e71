"""`livefacs evaluate`: test a model bundle on a labelled corpus and write the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime.commands.face_model_options import FaceModel, Offline
from trainers.commands.tracking_options import Jobs, TrackedFile

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from trainers.corpora.corpus import Corpus


def evaluate(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[BUNDLE] CORPUS",
            help="A bundle folder or .zip (default: the built-in one), and a corpus: a folder that "
            "`livefacs corpus make` wrote, or NAME:FOLDER of a licensed one, such as `disfa:/data/DISFA`.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the report.", show_default=False)],
    protocol: Annotated[
        str, typer.Option(help="Who is tested: all, partitions, 3-fold, 60-20-20 or loso.")
    ] = "all",
    aus: Annotated[
        str | None, typer.Option(help="Only these AUs: `AU01,AU12`.", show_default="all in common")
    ] = None,
    window: Annotated[int, typer.Option(help="Frames in the temporal median, odd; 1 is no filter.")] = 1,
    fps: Annotated[
        float | None,
        typer.Option(
            help="Frames a second of the corpus' recordings: learn each person's rest on the way, as live.",
            show_default="each picture by itself",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of folds, intervals and t-SNE.")] = 0,
    resamples: Annotated[int, typer.Option(min=10, help="Draws of the bootstrap.")] = 1000,
    jobs: Jobs = None,
    tracked: TrackedFile = None,
    face_model: FaceModel = None,
    offline: Offline = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the report in --out.")] = False,
) -> None:
    """Test BUNDLE on CORPUS and write tables, plots and every figure to the folder OUT.

    A bundle is finished: of a protocol with folds only the tested rows matter. For a bundle that was trained
    on the corpus' own training partition use `--protocol partitions`, which tests on the test partition.

    Examples:

    - `livefacs evaluate my-corpus --out report`
    - `livefacs evaluate my-head.zip fera2017:/data/FERA17 --protocol partitions --out report`
    """
    from realtime.assembly import open_bundle
    from realtime.errors import OptionError
    from realtime.smoothing import MedianSmoother
    from realtime.tracking.face_model import face_model as find_face_model
    from trainers.commands.finding_faces import faces_of_rows
    from trainers.commands.named_corpora import read_corpus
    from trainers.commands.progress_bars import progress_bars
    from trainers.evaluation import predict
    from trainers.protocols import protocol as splits_of
    from trainers.reports import (
        Comparison,
        check_folder,
        make_report,
        protocol_name,
        rows_tested,
        write_report,
    )
    from trainers.reports.summary import summary_line

    if len(names) > 2:
        raise OptionError(f"{len(names)} names given: name a BUNDLE and a CORPUS, or a CORPUS alone")
    check_folder(out, overwrite=overwrite)
    MedianSmoother(window)  # refuses an even window before the long work
    with open_bundle(names[0] if len(names) == 2 else None) as bundle:
        corpus, rendered = read_corpus(names[-1])
        corpus = comparable(corpus, bundle, aus)
        splits = splits_of(protocol, corpus, seed)
        rows = rows_tested(splits)
        warnings = list(_doubts(bundle, corpus, protocol))
        model = find_face_model(face_model, offline=offline)
        with progress_bars() as bar:
            faces = faces_of_rows(corpus, rows, model, tracked, jobs, bar)
            corpus = corpus.select(rows)
            predictions = predict(
                bundle, corpus, faces, window=window, fps=fps, progress=bar("scoring", len(rows))
            )
    comparison = Comparison.of_rows(
        corpus,
        predictions,
        protocol_name(splits),
        rendered=rendered,
        seed=seed,
        resamples=resamples,
        tracked=faces,
    )
    report = make_report(comparison, splits, warnings)
    page = write_report(report, out, overwrite=overwrite)
    for warning in warnings:
        typer.echo(f"note: {warning}", err=True)
    typer.echo(f"{report.title} ({comparison.protocol}): {summary_line(report)}; report: {page}")


def comparable(corpus: Corpus, bundle: Bundle, wanted: str | None) -> Corpus:
    """Return the corpus with the AUs that are to be compared.

    Args:
        wanted: "AU01,AU12"; None for all that the corpus labels and the bundle gives.

    Raises:
        CorpusError: nothing is labelled.
        ProtocolError: nothing is in common, or a wanted AU is not on both sides.
    """
    import numpy as np

    from trainers.errors import CorpusError, ProtocolError
    from trainers.reports.tested import common_aus

    unlabelled = np.isnan(corpus.occurrence).all() and np.isnan(corpus.intensity).all()
    if unlabelled and not (corpus.expression != "").any():
        raise CorpusError(
            f"corpus {corpus.name} has no labels, neither of AUs nor of expressions: "
            "there is nothing to compare predictions with"
        )
    common = common_aus(corpus, bundle.id, bundle.aus, bundle.expressions)
    if wanted is None:
        return corpus.with_aus(common)
    chosen = [au.strip().upper() for au in wanted.split(",") if au.strip()]
    if not chosen or len(set(chosen)) < len(chosen):
        raise ProtocolError(f"--aus {wanted!r}: name each AU once, such as AU01,AU12")
    for au in chosen:
        if au not in common:
            raise ProtocolError(
                f"--aus {au}: corpus {corpus.name} and model {bundle.id} have in common "
                f"{', '.join(common) or 'no AU'}"
            )
    return corpus.with_aus(chosen)


def _doubts(bundle: Bundle, corpus: Corpus, protocol: str) -> Iterator[str]:
    """What a reader must know before believing the figures."""
    trained_on = bundle.manifest.training.corpus
    if corpus.name in trained_on and protocol != "partitions":
        yield (
            f"{bundle.id} was trained on {trained_on!r}: with protocol {protocol} people it has seen may be "
            "comparison, which flatters it; use --protocol partitions"
        )
    if protocol not in ("all", "partitions"):
        yield (
            f"{bundle.id} is finished and was not trained by protocol {protocol}: only the rows that the "
            "protocol tests are used"
        )
