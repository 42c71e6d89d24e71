"""The report of the whole experiment: Ghosh et al. Tables I to III, Fig. 2 to 4, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainers.metrics import accuracy, phi, with_neutral
from trainers.multilabel_qda.claims import claims_of, two_afc_of
from trainers.multilabel_qda.published import published_tables
from trainers.multilabel_qda.results import Crossed, OnCorpus, Results, Trial
from trainers.reports import Report
from trainers.reports.comparison import listed
from trainers.reports.content import Measured, Plot, Section, Table
from trainers.reports.embedding import embed
from trainers.reports.plots import CORRELATION, maps, scatter
from trainers.reports.report import RENDERED
from trainers.reproduction.experiment_facts import corpus_name, facts_of, settings_of
from trainers.reproduction.networks_table import networks_table
from trainers.reproduction.occurrence import figures_of

SHOWN = ("AU12", "AU15")
"""AUs of Fig. 2 and 3."""
MOST_DOTS = 800


def experiment_report(results: Results) -> Report:
    """Return the report."""
    request, material = results.request, results.material
    one, two = results.same
    assert material.other is not None
    base = one.comparison
    networks = [
        *(trial.run for trial in results.trials),
        *(network for side in results.same for network in side.networks),
        *(crossed.network for crossed in results.crossed),
    ]
    sections = (
        claims_of(results),
        _tables(results),
        *(_embedding(crossed) for crossed in results.crossed),
        _phi(one),
        _search(results.trials),
        Section("paper", "The paper's figures", published_tables()),
        Section("run", "What was run", (networks_table(networks),)),
    )
    return Report(
        title=f"Multi-label CNN and QDA on {one.corpus} and {two.corpus}",
        facts=(
            (
                "Paper",
                "Ghosh et al., A Multi-label CNN Approach to Cross-Domain Action Unit Detection, ACII 2015",
            ),
            ("Corpora", f"{corpus_name(material)} and {corpus_name(material.other)}"),
            ("Protocols", f"{base.protocol}; trained on one corpus and tested on the other"),
            *facts_of(request, base, [base.seed]),
        ),
        warnings=(RENDERED,) if material.rendered else (),
        sections=sections,
        settings=settings_of("qda", request, material, base, [base.seed]),
    )


def _tables(results: Results) -> Section:
    tables = []
    figures: dict[str, Any] = {}
    sides = [(own.corpus, f"{own.corpus}, leave one subject out", own.comparison) for own in results.same]
    sides += [
        (f"{each.trained_on} to {each.tested_on}", f"{each.trained_on} to {each.tested_on}", each.comparison)
        for each in results.crossed
    ]
    for key, title, comparison in sides:
        right, ranked = figures_of(comparison, accuracy), two_afc_of(comparison)
        aus = comparison.corpus.aus
        tables.append(
            Table(
                title=f"Accuracy and 2AFC: {title}",
                caption=comparison.caption(listed(aus)),
                head=("AU", "accuracy", "2AFC"),
                rows=tuple((au, right.each[k], ranked.each[k]) for k, au in enumerate(aus)),
                summary=(("mean", right.mean, ranked.mean),),
                notes=("As Ghosh et al. Tables I to III.",),
            )
        )
        figures[key] = {"accuracy": right.as_json(aus), "2AFC": ranked.as_json(aus)}
    return Section("tables", "Same corpus and across", tuple(tables), figures)


def _embedding(crossed: Crossed) -> Section:
    """Figs. 2 and 3: the top layer on the corpus that the network has not seen, coloured by an AU."""
    comparison = crossed.comparison
    features = comparison.features
    assert features is not None
    plots = []
    for au in SHOWN:
        if au not in comparison.corpus.aus:
            continue
        label = comparison.corpus.occurrence[:, comparison.corpus.aus.index(au)]
        rows = np.flatnonzero(~np.isnan(label) & ~np.isnan(features).any(axis=1))
        if len(rows) > MOST_DOTS:
            rows = np.sort(np.random.default_rng(comparison.seed).choice(rows, MOST_DOTS, replace=False))
        groups = np.where(label[rows] == 1, "present", "absent")
        plots.append(
            Plot(
                name=f"embedding_{crossed.trained_on}_{au}",
                title=f"{au}: top layer on {crossed.tested_on}",
                caption=f"{len(rows)} pictures of {crossed.tested_on}; trained on {crossed.trained_on}.",
                text=f"Faces as dots, near where the top layer is alike, coloured by {au}.",
                png=scatter(embed(features[rows], seed=comparison.seed), groups, ["present", "absent"]),
            )
        )
    return Section(
        f"embedding_{crossed.trained_on}",
        f"Top layer, {crossed.trained_on} to {crossed.tested_on}",
        tuple(plots),
    )


def _phi(own: OnCorpus) -> Section:
    """Fig. 4."""
    pairs = own.comparison.decisions
    assert pairs is not None
    labels, said = (np.where(pairs.known, each, np.nan) for each in (pairs.labels, pairs.predictions))
    both = {"labels": phi(with_neutral(labels)), "predictions": phi(with_neutral(said))}
    names = (*pairs.aus, "neutral")
    apart = float(np.nanmean(np.abs(both["labels"] - both["predictions"])))
    plot = Plot(
        name="phi",
        title="Phi coefficients of labels and predictions (Fig. 4)",
        caption=f"{own.comparison.caption(listed(pairs.aus))} Mean absolute difference {apart:.3f}.",
        text="Correlation of each two AUs, and of a neutral face, in labels and in predictions.",
        png=maps(both, names, names, scale=(-1.0, 1.0), colours=CORRELATION, label="Phi"),
    )
    return Section("phi", "Correlations between AUs", (plot,), {"mean absolute difference": apart})


def _search(trials: Sequence[Trial]) -> Section:
    best = min(trials, key=lambda trial: trial.loss)
    rows = tuple(
        (
            f"{number}{' (taken)' if trial is best else ''}",
            ", ".join(trial.changes) or "the recipe as it stands",
            trial.run.standing.best_iteration,
            Measured(trial.loss),
        )
        for number, trial in enumerate(trials, start=1)
    )
    table = Table(
        title="Random search",
        caption="Validation loss on a quarter of the people of the first corpus.",
        head=("trial", "changes", "best after", "loss"),
        rows=rows,
    )
    return Section("search", "Hyper-parameters", (table,))
