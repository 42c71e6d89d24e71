"""The whole report, from a comparison of labels and predictions."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.protocols import Split
from trainers.reports.co_occurrence import co_occurrence_section
from trainers.reports.comparison import Comparison, counted_noun, listed
from trainers.reports.content import Report
from trainers.reports.embedding import embedding_section
from trainers.reports.expression import expression_section
from trainers.reports.faces import faces_section
from trainers.reports.intensity import intensity_section
from trainers.reports.occurrence import occurrence_section
from trainers.reports.per_view import per_view_section
from trainers.reports.rest import rest_section
from trainers.reports.subgroups import subgroups_section

SECTIONS = (
    occurrence_section,
    intensity_section,
    rest_section,
    per_view_section,
    expression_section,
    co_occurrence_section,
    subgroups_section,
    faces_section,
    embedding_section,
)
RENDERED = (
    "The pictures are renders of the open LiveFACS corpus. These figures must not be quoted as "
    "figures on BP4D, DISFA or any other corpus of real faces."
)
# Leave-one-subject-out has as many splits as subjects; `metrics.json` lists them all.
MOST_SPLITS = 5


def make_report(comparison: Comparison, splits: Sequence[Split], warnings: Sequence[str] = ()) -> Report:
    """Return all sections that the labels and the predictions allow.

    Args:
        comparison: from `Comparison.of_splits` with the same splits.
        warnings: what a reader must know besides, a paragraph each.
    """
    made = [section(comparison) for section in SECTIONS]
    predictions, corpus = comparison.predictions, comparison.corpus
    splits_shown = [split.description for split in splits[:MOST_SPLITS]]
    if len(splits) > MOST_SPLITS:
        splits_shown.append(f"and {len(splits) - MOST_SPLITS} more")
    rendered = " (rendered faces)" if comparison.rendered else ""
    facts = (
        ("Model", predictions.model),
        ("Corpus", f"{corpus.name}{rendered}"),
        ("Protocol", comparison.protocol),
        *(("Split", text) for text in splits_shown),
        ("Tested", comparison.caption(listed(corpus.aus))),
        ("Predictions", predictions.settings or "as given"),
        (
            "Intervals",
            f"95 %, percentile bootstrap over subjects, {counted_noun(comparison.resamples, 'draw')}, "
            f"seed {comparison.seed}",
        ),
    )
    return Report(
        title=f"{predictions.model} on {corpus.name}",
        facts=facts,
        warnings=(*((RENDERED,) if comparison.rendered else ()), *warnings),
        sections=tuple(section for section in made if section is not None),
        settings={
            "model": predictions.model,
            "corpus": corpus.name,
            "rendered": comparison.rendered,
            "protocol": comparison.protocol,
            "splits": [split.description for split in splits],
            "aus": corpus.aus,
            "frames": len(corpus),
            "subjects": len(set(corpus.subject.tolist())),
            "predictions": predictions.settings,
            "seed": comparison.seed,
            "resamples": comparison.resamples,
            "caption": comparison.caption(listed(corpus.aus)),
        },
    )
