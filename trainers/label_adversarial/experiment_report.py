"""The report of the whole experiment: Wang et al. Fig. 4 to 8, Tables 1 to 3, and what came of it."""

from __future__ import annotations

import numpy as np

from trainers.label_adversarial.claims import claims_of
from trainers.label_adversarial.distributions import cells, distances_of
from trainers.label_adversarial.published import published, published_table
from trainers.label_adversarial.results import FEWEST, FREE, OURS, RATES, OfSeed, Results, name_of
from trainers.metrics import accuracy, auc, conditional, f1, marginal
from trainers.reports import Report
from trainers.reports.comparison import listed
from trainers.reports.content import Cell, Measured, Plot, Section, Table
from trainers.reports.embedding import embed
from trainers.reports.plots import COLOURS, SHARE, bars, lines, maps, scatter
from trainers.reports.report import RENDERED
from trainers.reproduction.experiment_facts import corpus_name, facts_of, settings_of
from trainers.reproduction.networks_table import networks_table
from trainers.reproduction.occurrence import auc_of, f1_of, figures_of, gained

MOST_DOTS = 800


def experiment_report(results: Results) -> Report:
    """Return the report. Tables are of the first seed, unless they say otherwise."""
    request, material, first = results.request, results.material, results.seeds[0]
    base = first.comparisons[name_of(OURS, 0.0)]
    facts = (
        ("Paper", "Wang, Chang, Peng and Pan, adversarial semi-supervised facial AU recognition"),
        ("Corpus", corpus_name(material)),
        ("Protocol", base.protocol),
        ("Missing", "all labels of a share of the training faces"),
        *facts_of(request, base, request.seeds),
    )
    trained = [run for seed in results.seeds for fold in seed.folds for run in fold.trained.values()]
    sections = (
        claims_of(results),
        _missing(results),
        _supervised(first),
        _distributions(first),
        _alphas(first),
        _people(first),
        Section("paper", "The paper's figures", (published_table("bp4d"), published_table("disfa"))),
        Section("run", "What was run", (networks_table(trained),)),
    )
    return Report(
        title=f"Label-adversarial AU recognition on {material.corpus.name}",
        facts=facts,
        warnings=(RENDERED,) if material.rendered else (),
        sections=sections,
        settings=settings_of("semi", request, material, base, request.seeds),
    )


# ---------------------------------------------------------------------- sections


def _missing(results: Results) -> Section:
    """Fig. 4."""
    first = results.seeds[0]
    rows = []
    for rate in RATES:
        ours, free = (f1_of(first.comparisons[name_of(model, rate)]).mean for model in (OURS, FREE))
        rows.append((f"{100 * rate:.0f} %", ours, free, gained(results.pairs(rate))))
    table = Table(
        title="Mean F1 against the share of missing labels",
        caption=first.comparisons[name_of(OURS, 0.0)].caption(listed(results.request.aus)),
        head=("missing", OURS, FREE, "gained, all seeds"),
        rows=tuple(rows),
        notes=(
            "As Wang et al. Fig. 4. The paper's falls from "
            "{} to {} % on BP4D between 10 and 50 % missing.".format(*published()["missing"]["bp4d"]),
        ),
    )
    series = {
        model: (list(RATES), [f1_of(first.comparisons[name_of(model, rate)]).mean.value for rate in RATES])
        for model in (OURS, FREE)
    }
    plot = Plot(
        name="missing",
        title="Mean F1 against the share of missing labels",
        caption=table.caption,
        text="Two lines that fall with the share of missing labels.",
        png=lines(series, "share of labels missing", "mean F1"),
    )
    return Section("missing", "Semi-supervised", (table, plot))


def _supervised(seed: OfSeed) -> Section:
    """Tables 1 to 3."""
    models = {model: seed.comparisons[name_of(model, 0.0)] for model in (OURS, FREE)}
    columns = {}
    for metric in (f1, auc, accuracy):
        for model, comparison in models.items():
            told = auc_of(comparison) if metric is auc else figures_of(comparison, metric)
            columns[f"{model} {metric.name}"] = told
    base = models[OURS]
    aus = base.corpus.aus
    table = Table(
        title="Fully supervised: F1, AUC and accuracy per AU",
        caption=base.caption(listed(aus)),
        head=("AU", *columns),
        rows=tuple((au, *(each.each[k].value for each in columns.values())) for k, au in enumerate(aus)),
        summary=(("mean", *(each.mean.value for each in columns.values())),),
        notes=("As Wang et al. Tables 1 to 3.",),
    )
    return Section(
        "supervised",
        "Fully supervised",
        (table,),
        {name: each.as_json(aus) for name, each in columns.items()},
    )


def _distributions(seed: OfSeed) -> Section:
    """Figs. 5 and 6, at the highest missing rate, as the paper."""
    models = {model: seed.comparisons[name_of(model, FEWEST)] for model in (OURS, FREE)}
    base = models[OURS]
    aus = base.corpus.aus
    caption = f"{base.caption(listed(aus))} {100 * FEWEST:.0f} % of the labels missing."
    labels, _ = cells(base)
    said = {model: cells(comparison)[1] for model, comparison in models.items()}
    apart = {model: np.abs(marginal(values) - marginal(labels)) for model, values in said.items()}
    between = {model: np.abs(conditional(values) - conditional(labels)) for model, values in said.items()}
    for matrix in between.values():
        np.fill_diagonal(matrix, np.nan)
    rows: list[tuple[Cell, ...]] = [
        (
            rate_name,
            *(
                value
                for model in (OURS, FREE)
                for value in distances_of(seed.comparisons[name_of(model, rate)]).tolist()
            ),
        )
        for rate in RATES
        for rate_name in (f"{100 * rate:.0f} %",)
    ]
    table = Table(
        title="Distance of distributions from the labels'",
        caption=base.caption(listed(aus)),
        head=(
            "missing",
            f"{OURS} marginal",
            f"{OURS} conditional",
            f"{FREE} marginal",
            f"{FREE} conditional",
        ),
        rows=tuple(rows),
        notes=(
            "Mean absolute differences. The paper's conditional ones: {Ours} and {O-wlc}.".format(
                **published()["missing"]["conditional"]
            ),
        ),
    )
    marginals = Plot(
        name="marginal",
        title="Marginal distributions, distance from the labels' (Fig. 5b)",
        caption=caption,
        text="Bars: absolute difference of how often each AU is said and labelled.",
        png=bars(
            aus,
            {model: [Measured(float(value)) for value in values] for model, values in apart.items()},
            "difference",
            top=None,
        ),
    )
    conditionals = Plot(
        name="conditional",
        title="Conditional distributions, distance from the labels' (Fig. 6)",
        caption=caption,
        text="Absolute difference of the conditional probabilities of each two AUs.",
        png=maps(
            between,
            aus,
            aus,
            scale=(0.0, 0.5),
            colours=SHARE,
            label="difference",
            axis_names=("AU", "given AU"),
        ),
    )
    return Section("distributions", "Label distributions", (table, marginals, conditionals))


def _alphas(seed: OfSeed) -> Section:
    """Fig. 7."""
    swept = {
        float(name.rpartition(" ")[2]): each for name, each in seed.comparisons.items() if " alpha " in name
    }
    base = next(iter(swept.values()))
    caption = f"{base.caption(listed(base.corpus.aus))} {100 * FEWEST:.0f} % of the labels missing."
    table = Table(
        title="Mean F1 against alpha (Fig. 7)",
        caption=caption,
        head=("alpha", "F1"),
        rows=tuple((f"{alpha:g}", f1_of(each).mean) for alpha, each in sorted(swept.items())),
    )
    return Section("alphas", "Sensitivity to alpha", (table,))


def _people(seed: OfSeed) -> Section:
    """Fig. 8: pictures and features in the plane, coloured by person."""
    known = ~np.isnan(seed.features).any(axis=1) & ~np.isnan(seed.pictures).any(axis=1)
    names, counts = np.unique(seed.subject[known], return_counts=True)
    shown = sorted(names[np.argsort(-counts, kind="stable")[: len(COLOURS)]].tolist())
    rows = np.flatnonzero(known & np.isin(seed.subject, shown))
    if len(rows) > MOST_DOTS:
        rows = np.sort(np.random.default_rng(seed.seed).choice(rows, MOST_DOTS, replace=False))
    caption = f"{len(rows)} pictures of {len(shown)} test people of the first fold, seed {seed.seed}."
    plots = tuple(
        Plot(
            name=f"people_{key}",
            title=f"t-SNE by person: {what}",
            caption=caption,
            text=f"Faces as dots, near where {what} are alike, coloured by person.",
            png=scatter(embed(values[rows], seed=seed.seed), seed.subject[rows], shown),
        )
        for key, what, values in (
            ("pictures", "pictures (Fig. 8a)", seed.pictures),
            ("features", "features (Fig. 8b)", seed.features),
        )
    )
    return Section("people", "Features by person", plots)
