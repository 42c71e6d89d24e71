"""What Z. Zhang et al. claim, beside what was measured here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainers.identity_adversarial.probe import Probed, named_more
from trainers.identity_adversarial.published import published
from trainers.identity_adversarial.results import (
    ADVERSARIAL,
    BASELINE,
    COMPARED,
    ENHANCED,
    ENHANCED_ADVERSARIAL,
    JOINT,
    OfSeed,
    Results,
)
from trainers.reports.comparison import listed
from trainers.reports.content import Headline, Measured, Section, percent
from trainers.reproduction.claims import Beside, Claim, claims_section, verdict_of, with_sign
from trainers.reproduction.occurrence import f1_of, gained, over_aus

GAINS = (
    (ADVERSARIAL, BASELINE, "Fig. 3a, drawn"),
    (BASELINE, JOINT, "Fig. 3a, drawn"),
    (ENHANCED_ADVERSARIAL, ENHANCED, "BP4D: {bp4d[0]:.3f} and {bp4d[1]:.3f} (Table 1)"),
)
"""One model, another above which it is said to be, and where the paper says so."""


def claims_of(results: Results) -> Section:
    """Return the claims as a section."""
    seeds = results.seeds
    base = seeds[0].comparisons[BASELINE]
    printed = {key: [mean for _, mean in _as_printed(key)] for key in ("bp4d", "disfa")}
    claims: list[Claim] = []
    figures: dict[str, Any] = {}
    headlines = []
    for other, reference, where in GAINS:
        gain = gained([(seed.comparisons[reference], seed.comparisons[other]) for seed in seeds])
        figures[f"{other} over {reference}"] = gain
        headlines.append(Headline(f"F1 gained by {other} on {reference}", gain, over_aus(base)))
        claims.append(
            Claim(
                f"F1 of {other} above that of {reference}",
                where.format(**printed),
                f"{with_sign(gain)} F1",
                verdict_of(gain),
            )
        )
    for other, reference, where in (
        (ADVERSARIAL, BASELINE, "not given"),
        (ENHANCED_ADVERSARIAL, ENHANCED, "to DISFA: {disfa[0]:.3f} and {disfa[1]:.3f} (Table 2)"),
    ):
        passed = [seed.transferred.comparisons for seed in seeds]
        gain = gained([(each[reference], each[other]) for each in passed])
        figures[f"{other} over {reference}, passed on"] = gain
        claims.append(
            Claim(
                f"A linear regressor on features of {other} above one on {reference}'s, on another corpus",
                where.format(**printed),
                f"{with_sign(gain)} F1",
                verdict_of(gain),
            )
        )
    knows = {model: probe_of(seeds, model) for model in COMPARED}
    figures["probe"] = knows
    for less, more in ((ADVERSARIAL, BASELINE), (BASELINE, JOINT), (ENHANCED_ADVERSARIAL, ENHANCED)):
        apart = named_more(_probes(seeds, more), _probes(seeds, less), seed=seeds[0].seed)
        figures[f"probe, {more} over {less}"] = apart
        claims.append(
            Claim(
                f"A fresh classifier knows people less well by the features of {less} than by {more}'s",
                "not measured: the loss of the trained head (Fig. 3a)",
                f"{percent(knows[less])} and {percent(knows[more])} named rightly: {with_sign(apart)}",
                verdict_of(apart),
            )
        )
    for model in (BASELINE, JOINT, ADVERSARIAL):
        headlines.append(
            Headline(f"probe names the person, {model}", Measured(knows[model]), "new people", percent=True)
        )
    first = seeds[0]
    besides = [
        Beside(f"{model}, F1 on BP4D", paper, f1_of(first.comparisons[model]).mean)
        for model, paper in ((BASELINE, None), (JOINT, None), (ADVERSARIAL, None), *_as_printed("bp4d"))
    ]
    besides += [
        Beside(
            f"{model}, F1 on DISFA of features from BP4D",
            paper,
            f1_of(first.transferred.comparisons[model]).mean,
        )
        for model, paper in _as_printed("disfa")
    ]
    return claims_section(claims, besides, base.caption(listed(base.corpus.aus)), figures, headlines)


def _probes(seeds: Sequence[OfSeed], model: str) -> list[Probed]:
    return [probed for seed in seeds for probed in seed.probed[model]]


def _as_printed(corpus: str) -> list[tuple[str, float]]:
    models = published()[corpus]["models"]
    return [(model, models[model][-1] / 100) for model in (ENHANCED_ADVERSARIAL, ENHANCED)]


def probe_of(seeds: Sequence[OfSeed], model: str) -> float:
    """Return the probe's accuracy, mean over folds and seeds."""
    return float(np.mean([probed.accuracy.value for seed in seeds for probed in seed.probed[model]]))
