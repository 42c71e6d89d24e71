"""The report of the experiment: Z. Zhang et al. Tables 1 and 2, Fig. 3, the probe, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainers.identity_adversarial.probe import LEARNT, Probed
from trainers.identity_adversarial.published import published_table
from trainers.reports import Comparison, Report
from trainers.reports.comparison import listed
from trainers.reports.content import Cell, Headline, Measured, Plot, Section, Table, Text
from trainers.reports.plots import lines
from trainers.reports.report import RENDERED
from trainers.reproduction.by_fold import Fold
from trainers.reproduction.networks_table import networks_table
from trainers.reproduction.occurrence import f1_table, gained, in_words, over_aus
from trainers.reproduction.request import Material, Request
from trainers.reproduction.runs import TrainedRun
from trainers.training import metrics_log

BASELINE, JOINT, ADVERSARIAL = "Baseline", "JM", "ATF"
ENHANCED, ENHANCED_ADVERSARIAL = "E-Net", "E-Net+ATF"
"""The models, as the paper names them."""
COMPARED = (BASELINE, JOINT, ADVERSARIAL, ENHANCED, ENHANCED_ADVERSARIAL)


@dataclass(frozen=True, eq=False)
class Transferred:
    """Table 2: a linear regressor on each network's features of the second corpus."""

    aus: tuple[str, ...]
    comparisons: Mapping[str, Comparison]


@dataclass(frozen=True, eq=False)
class OfSeed:
    """What the networks of one seed say.

    Attributes:
        comparisons: model -> all test rows, each by the network that was not trained on the person.
        probed: model -> a probe of the test people of each fold.
    """

    seed: int
    folds: Sequence[Fold]
    comparisons: Mapping[str, Comparison]
    probed: Mapping[str, Sequence[Probed]]
    transferred: Transferred


@dataclass(frozen=True, eq=False)
class Results:
    """What the report is made of; `seeds` has one per seed of the request."""

    request: Request
    material: Material
    seeds: Sequence[OfSeed]


def experiment_report(results: Results) -> Report:
    """Return the report. Tables are of the first seed, unless they say otherwise."""
    request, material, first = results.request, results.material, results.seeds[0]
    base = first.comparisons[BASELINE]
    corpus = material.corpus.name
    other = first.transferred.comparisons[BASELINE].corpus.name
    rendered = " (rendered faces)" if material.rendered else ""
    facts = (
        ("Paper", "Z. Zhang, Zhai and Yin, Identity-based Adversarial Training of Deep CNNs for Facial AUs"),
        ("Corpora", f"{corpus}{rendered}; features passed on to {other}{rendered}"),
        ("Protocol", base.protocol),
        ("Size", f"{request.size}; every network is in “What was run”"),
        ("Seeds", ", ".join(map(str, request.seeds))),
        (
            "Intervals",
            f"95 %, percentile bootstrap over subjects, {base.resamples:,} draws, seed {base.seed}",
        ),
    )
    trained = [run for seed in results.seeds for fold in seed.folds for run in fold.trained.values()]
    sections = (
        _verdict(results),
        _occurrence(first),
        _probe(first),
        _transfer(first),
        *_curves(first),
        Section("paper", "The paper's figures", (published_table("bp4d"), published_table("disfa"))),
        Section("run", "What was run", (networks_table(trained),)),
    )
    return Report(
        title=f"Identity-adversarial AU detection on {corpus}",
        facts=facts,
        warnings=(RENDERED,) if material.rendered else (),
        sections=sections,
        settings={
            "paper": "atf",
            "size": request.size,
            "corpus": corpus,
            "other": other,
            "rendered": material.rendered,
            "aus": request.aus,
            "seeds": request.seeds,
            "protocol": base.protocol,
            "caption": base.caption(listed(request.aus)),
        },
    )


# ---------------------------------------------------------------------- figures


def probe_of(seeds: Sequence[OfSeed], model: str) -> float:
    """Return the probe's accuracy, mean over folds and seeds."""
    return float(np.mean([probed.accuracy.value for seed in seeds for probed in seed.probed[model]]))


# ---------------------------------------------------------------------- sections


CLAIMS = (
    (ADVERSARIAL, BASELINE, "features that forget who somebody is serve AUs better than plain ones"),
    (BASELINE, JOINT, "features that know who somebody is serve AUs worse than plain ones"),
    (ENHANCED_ADVERSARIAL, ENHANCED, "the same with attention where AUs show"),
)


def _verdict(results: Results) -> Section:
    seeds = results.seeds
    texts: list[str] = []
    figures: dict[str, Any] = {}
    headlines = []
    for other, reference, claim in CLAIMS:
        gain = gained([(seed.comparisons[reference], seed.comparisons[other]) for seed in seeds])
        figures[f"{other} over {reference}"] = gain
        headlines.append(
            Headline(f"F1 gained by {other} on {reference}", gain, over_aus(seeds[0].comparisons[BASELINE]))
        )
        texts.append(f"{claim[0].upper()}{claim[1:]}: {in_words(gain, other, reference)}")
    knows = {model: probe_of(seeds, model) for model in COMPARED}
    chance = float(np.mean([probed.chance for seed in seeds for probed in seed.probed[BASELINE]]))
    figures["probe"] = knows
    for model in (BASELINE, JOINT, ADVERSARIAL):
        headlines.append(
            Headline(
                f"probe names the person, {model}",
                Measured(knows[model]),
                "people not trained on",
                percent=True,
            )
        )
    texts.append(
        "ATF's features are invariant to subjects: a fresh linear classifier names the right person in "
        f"{100 * knows[BASELINE]:.1f} % of pictures from the baseline's features, "
        f"{100 * knows[JOINT]:.1f} % from JM's and {100 * knows[ADVERSARIAL]:.1f} % from ATF's "
        f"(chance: {100 * chance:.1f} %)."
    )
    return Section(
        "verdict", "What came of it", tuple(Text(text) for text in texts), figures, tuple(headlines)
    )


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
    swept = {name: run for name, run in runs.items() if "alpha" in name}
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


def _series(
    runs: Mapping[str, TrainedRun], part: str, figure: str
) -> dict[str, tuple[list[float], list[float]]]:
    series = {}
    for name, run in runs.items():
        told = [line for line in metrics_log.read(run.loaded.folder.metrics) if figure in line.get(part, {})]
        if told:
            series[name] = [line["iteration"] for line in told], [line[part][figure] for line in told]
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
