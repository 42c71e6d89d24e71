"""The report of the whole experiment: F. Zhang et al. Tables 3, 5 and 6, Figs. 4 and 5, and its claims."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trainers.corpora.corpus import EXPRESSIONS
from trainers.cycle_attention.claims import claims_of, said_by
from trainers.cycle_attention.published import published_table
from trainers.cycle_attention.restyled_pictures import pictures_section
from trainers.cycle_attention.results import Results, accuracies
from trainers.cycle_attention.systems import CONTROL, CYCLE, GENERATED, S2T, SYSTEMS
from trainers.reports import Report
from trainers.reports.comparison import counted_noun
from trainers.reports.content import Measured, Plot, Section, Table
from trainers.reports.embedding import embed
from trainers.reports.plots import scatter
from trainers.reports.report import RENDERED
from trainers.reproduction.networks_table import networks_table

MOST_DOTS = 900
ADAPTED = (GENERATED, CYCLE)
"""Systems with generators."""

Told = tuple[list[Measured], Measured]
"""Accuracies per expression, and their mean."""


def experiment_report(results: Results) -> Report:
    """Return the report."""
    request, domains, first = results.request, results.domains, results.seeds[0]
    material = domains.material
    rendered = " (rendered faces)" if material.rendered else ""
    names = material.corpus.name.split(" + ")
    tested = np.concatenate([said.subject for said in said_by(results, S2T)])
    caption = (
        f"7 expressions: {', '.join(EXPRESSIONS)}. Corpus {names[-1]}{rendered}; "
        f"protocol {first.trained.target_split.name}; "
        f"{counted_noun(len(tested), 'frame')} of {counted_noun(len(np.unique(tested)), 'subject')}, "
        f"{counted_noun(len(results.seeds), 'seed')}."
    )
    facts = (
        ("Paper", "F. Zhang, T. Zhang, Mao, Duan and Xu, CycleAT, ACM Multimedia 2018"),
        ("Corpora", f"source {names[0]}, auxiliary {names[1]}, target {names[2]}{rendered}"),
        ("Source", first.trained.source_split.description),
        ("Target", first.trained.target_split.description),
        ("Size", f"{request.size}; every network is in “What was run”"),
        ("Seeds", ", ".join(map(str, request.seeds))),
        ("Intervals", f"95 %, percentile bootstrap over subjects, seed {request.seeds[0]}"),
    )
    trained = [run for seed in results.seeds for run in seed.trained.runs]
    sections = (
        claims_of(results, caption),
        _systems(results, caption),
        _shift(results),
        _trunks(results),
        pictures_section(first),
        Section(
            "paper",
            "The paper's figures",
            tuple(map(published_table, ("source_models", "sfew", "emotionet"))),
        ),
        Section("run", "What was run", (networks_table(trained),)),
    )
    return Report(
        title=f"CycleAT from {names[0]} to {names[-1]}",
        facts=facts,
        warnings=(RENDERED,) if material.rendered else (),
        sections=sections,
        settings={
            "paper": "cycleat",
            "size": request.size,
            "corpus": material.corpus.name,
            "rendered": material.rendered,
            "seeds": request.seeds,
            "caption": caption,
        },
    )


def _systems(results: Results, caption: str) -> Section:
    """Tables 5 and 6."""
    draw = results.request.seeds[0]
    tested = (*SYSTEMS, CONTROL)
    told = {system: accuracies(said_by(results, system), seed=draw) for system in tested}
    table = _per_expression(
        "Accuracy per expression of the five systems",
        caption,
        told,
        "As F. Zhang et al. Tables 5 and 6. The mean weighs all expressions alike; all seeds together.",
        f"{CONTROL} is ours: as {GENERATED}, but its pictures of the source are not restyled.",
    )
    by_seed = Table(
        title="Mean accuracy, seed by seed",
        caption=caption,
        head=("seed", *tested),
        rows=tuple(
            (str(seed.trained.seed), *(accuracies([seed.target[system]], seed=draw)[1] for system in tested))
            for seed in results.seeds
        ),
        notes=("Each seed deals other people to train and to test.",),
    )
    figures = {
        system: {**dict(zip(EXPRESSIONS, each, strict=True)), "mean": mean}
        for system, (each, mean) in told.items()
    }
    return Section("systems", "The five systems", (table, by_seed), figures)


def _trunks(results: Results) -> Section:
    """Table 2."""
    draw = results.request.seeds[0]
    trunks = list(results.seeds[0].sources)
    told = {
        name: accuracies([seed.sources[name] for seed in results.seeds if name in seed.sources], seed=draw)
        for name in trunks
    }
    counts = [
        f"{name} {counted_noun(sum(name in seed.sources for seed in results.seeds), 'seed')}"
        for name in trunks
    ]
    table = _per_expression(
        "Accuracy per expression on the source, by trunk",
        f"Test people of the source; {', '.join(counts)}.",
        told,
        f"As F. Zhang et al. Table 2. f_S and f_W have {trunks[0]}, f_T has {trunks[1]}.",
    )
    return Section(
        "trunks", "Trunks on the source", (table,), {name: mean for name, (_, mean) in told.items()}
    )


def _per_expression(title: str, caption: str, told: Mapping[str, Told], *notes: str) -> Table:
    return Table(
        title=title,
        caption=caption,
        head=("expression", *told),
        rows=tuple((name, *(each[k] for each, _ in told.values())) for k, name in enumerate(EXPRESSIONS)),
        summary=(("mean", *(mean for _, mean in told.values())),),
        notes=notes,
    )


def _shift(results: Results) -> Section:
    """Table 3 and Fig. 4."""
    draw = results.request.seeds[0]
    source = [seed.source for seed in results.seeds]
    restyled = {
        f"source, restyled by {name}": [seed.kept[name] for seed in results.seeds] for name in ADAPTED
    }
    rows = {"source": source, **restyled, "target": said_by(results, S2T)}
    told = {name: accuracies(saids, seed=draw) for name, saids in rows.items()}
    table = _per_expression(
        "f_S, trained on the source, tested on",
        f"Test people of each corpus; {counted_noun(len(results.seeds), 'seed')}.",
        told,
        "As F. Zhang et al. Table 3.",
    )
    bridges = {
        f"f_W of {name}": accuracies([seed.bridges[name] for seed in results.seeds], seed=draw)
        for name in ADAPTED
    }
    without_labels = _per_expression(
        "On the target, without any of its labels",
        f"Test people of the target; {counted_noun(len(results.seeds), 'seed')}.",
        {"f_S": told["target"], **bridges},
        "f_W has seen restyled pictures of the source only.",
    )
    first = results.seeds[0]
    low = first.low_level
    rng = np.random.default_rng(draw)
    chosen = {name: rng.permutation(values)[: MOST_DOTS // len(low)] for name, values in low.items()}
    places = embed(np.concatenate(list(chosen.values())), seed=draw)
    kinds = np.concatenate([np.full(len(values), name) for name, values in chosen.items()])
    plot = Plot(
        name="domains",
        title="Low-level features by domain (Fig. 4)",
        caption=f"{len(kinds)} pictures of test people, first layer of f_S, seed {first.trained.seed}.",
        text="Pictures as dots, near where their low-level features are alike, coloured by domain.",
        png=scatter(places, kinds, list(chosen)),
    )
    figures = {name: mean for name, (_, mean) in (told | bridges).items()}
    return Section("shift", "Domain shift", (table, without_labels, plot), figures)
