"""The report of the experiment: Z. Zhang et al. Tables 1 and 2, Fig. 3, the probe, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trainers.identity_adversarial.claims import claims_of
from trainers.identity_adversarial.probe import LEARNT
from trainers.identity_adversarial.published import published_table
from trainers.identity_adversarial.results import ADVERSARIAL, BASELINE, COMPARED, JOINT, OfSeed, Results
from trainers.reports import Report
from trainers.reports.content import Cell, Plot, Section, Table
from trainers.reports.plots import lines
from trainers.reports.report import RENDERED
from trainers.reproduction.experiment_facts import corpus_name, facts_of, settings_of
from trainers.reproduction.networks_table import networks_table
from trainers.reproduction.occurrence import f1_table
from trainers.reproduction.runs import TrainedRun
from trainers.training import metrics_log


def experiment_report(results: Results) -> Report:
    """Return the report. Tables are of the first seed, unless they say otherwise."""
    request, material, first = results.request, results.material, results.seeds[0]
    base = first.comparisons[BASELINE]
    assert material.other is not None
    facts = (
        ("Paper", "Z. Zhang, Zhai and Yin, Identity-based Adversarial Training of Deep CNNs for Facial AUs"),
        ("Corpora", f"{corpus_name(material)}; features passed on to {corpus_name(material.other)}"),
        ("Protocol", base.protocol),
        *facts_of(request, base, request.seeds),
    )
    trained = [run for seed in results.seeds for fold in seed.folds for run in fold.trained.values()]
    sections = (
        claims_of(results),
        _occurrence(first),
        _probe(first),
        _transfer(first),
        *_curves(first),
        Section("paper", "The paper's figures", (published_table("bp4d"), published_table("disfa"))),
        Section("run", "What was run", (networks_table(trained),)),
    )
    return Report(
        title=f"Identity-adversarial AU detection on {material.corpus.name}",
        facts=facts,
        warnings=(RENDERED,) if material.rendered else (),
        sections=sections,
        settings=settings_of("atf", request, material, base, request.seeds),
    )


# ---------------------------------------------------------------------- sections


def _occurrence(seed: OfSeed) -> Section:
    note = "As Z. Zhang et al. Table 1. An AU is predicted active from a probability of one half on."
    table, figures = f1_table("F1 per AU", seed.comparisons, note)
    return Section("models", "Models compared", (table,), figures)


def _probe(seed: OfSeed) -> Section:
    folds = range(len(seed.folds))
    rows: list[tuple[Cell, ...]] = []
    for model in COMPARED:
        each = seed.probed[model]
        rows.append(
            (model, *(each[k].accuracy for k in folds), float(np.mean([p.accuracy.value for p in each])))
        )
    one = seed.probed[BASELINE]
    table = Table(
        title="How often a fresh linear classifier names the right person from FC7",
        caption=seed.comparisons[BASELINE].caption("People whom the networks were not trained on"),
        head=("model", *(f"fold {k + 1}" for k in folds), "mean"),
        rows=tuple(rows),
        summary=(("chance", *(p.chance for p in one), float(np.mean([p.chance for p in one]))),),
        notes=(
            f"The first {100 * LEARNT:.0f} % of each recording teach the classifier, the rest test "
            "it. The paper does not measure this: it shows the loss of the head that ATF is trained against.",
        ),
    )
    return Section("probe", "What features know of people", (table,))


def _transfer(seed: OfSeed) -> Section:
    note = "As Z. Zhang et al. Table 2: networks of the first fold, regressors trained in three folds."
    title = "F1 of a linear regressor on features from the first corpus"
    table, figures = f1_table(title, seed.transferred.comparisons, note)
    return Section("transfer", "Features passed on", (table,), figures)


def _curves(seed: OfSeed) -> list[Section]:
    """Fig. 3: losses of the identity while training, and F1, of the first fold."""
    runs = seed.folds[0].trained
    caption = f"First fold of {seed.comparisons[BASELINE].corpus.name}, seed {seed.seed}."
    peers = {name: runs[name] for name in (BASELINE, JOINT, ADVERSARIAL)}
    adversarial = [run for name, run in runs.items() if name.split()[0] == ADVERSARIAL]
    swept = {f"alpha {_alpha(run):g}": run for run in sorted(adversarial, key=_alpha)}
    made = []
    for key, title, chosen in (
        ("curves", "Learning curves (Fig. 3a)", peers),
        ("alphas", "Impact of alpha (Fig. 3b)", {BASELINE: runs[BASELINE], **swept}),
    ):
        blocks = tuple(
            Plot(
                name=f"{key}_{name}",
                title=label,
                caption=caption,
                text=f"Lines: {label} against iterations, of {', '.join(series)}.",
                png=lines(series, "iterations", label),
            )
            for name, label, series in (
                ("identity", "identity loss, training", _series(chosen, "train", "loss/identity")),
                ("f1", "F1, test people", _series(chosen, "validation", "f1")),
            )
            if series
        )
        made.append(
            Section(key, title, (*blocks, *([_swept_table(swept, caption)] if key == "alphas" else [])))
        )
    return made


def _alpha(run: TrainedRun) -> float:
    alpha: float = run.loaded.record.recipe.options.alpha  # type: ignore[attr-defined]
    return alpha


def _series(
    runs: Mapping[str, TrainedRun], part: str, figure: str
) -> dict[str, tuple[list[int], list[float]]]:
    series = {}
    for name, run in runs.items():
        iterations, values = metrics_log.series(run.loaded.folder.metrics, part, figure)
        if iterations:
            series[name] = iterations, values
    return series


def _swept_table(swept: Mapping[str, TrainedRun], caption: str) -> Table:
    rows = []
    for name, run in swept.items():
        last = metrics_log.read(run.loaded.folder.metrics)[-1]
        rows.append((name, last["train"].get("loss/identity", np.nan), last["validation"].get("f1", np.nan)))
    return Table(
        title="At the end of training",
        caption=caption,
        head=("model", "identity loss, training", "F1, test people"),
        rows=tuple(rows),
        notes=("F1 of the pictures that are looked at while the networks train.",),
    )
