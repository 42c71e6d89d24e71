"""What F. Zhang et al. claim, beside what was measured here."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from trainers.cycle_attention.published import mean_of
from trainers.cycle_attention.results import Results, Said, accuracies, gained, pooled
from trainers.cycle_attention.systems import CONTROL, CYCLE, GENERATED, SYSTEMS
from trainers.metrics import bootstrap, class_accuracy
from trainers.reports.content import Headline, Measured, Section
from trainers.reproduction.claims import FAILS, HOLDS, Beside, Claim, claims_section, verdict_of, with_sign

LEAST_KEPT = 0.9
"""Share of its accuracy on source pictures that f_S must keep on restyled ones."""


def said_by(results: Results, system: str) -> list[Said]:
    """Return what a system says of the target's test people, for each seed."""
    return [seed.target[system] for seed in results.seeds]


def claims_of(results: Results, caption: str) -> Section:
    """Return the claims as a section."""
    draw = results.request.seeds[0]
    claims, headlines = [], []
    figures: dict[str, Any] = {}
    means = {system: accuracies(said_by(results, system), seed=draw)[1] for system in SYSTEMS}
    for lower, higher in pairwise(SYSTEMS):
        gain = gained(said_by(results, lower), said_by(results, higher), seed=draw)
        figures[f"{higher} over {lower}"] = gain
        of_paper = "; ".join(
            f"{name}: {mean_of(key, higher):.3f} and {mean_of(key, lower):.3f}"
            for name, key in (("SFEW", "sfew"), ("EmotioNet", "emotionet"))
        )
        claims.append(
            Claim(
                f"{higher} recognises more than {lower}",
                of_paper,
                f"{means[higher].value:.3f} and {means[lower].value:.3f}: {with_sign(gain)}",
                verdict_of(gain),
            )
        )
    for system in (GENERATED, CYCLE):
        gain = gained(said_by(results, CONTROL), said_by(results, system), seed=draw)
        figures[f"{system} over {CONTROL}"] = gain
        claims.append(
            Claim(
                f"{system} recognises more than the same with the source's pictures as they are",
                "not measured",
                with_sign(gain),
                verdict_of(gain),
            )
        )
    headlines += [Headline(f"accuracy, {name}", mean, "mean of classes") for name, mean in means.items()]
    for system in (GENERATED, CYCLE):
        kept = share_kept(results, system)
        figures[f"kept by {system}"] = kept
        claims.append(
            Claim(
                f"f_S reads what {system} has restyled with {LEAST_KEPT:.0%} of its accuracy",
                "not measured",
                f"{kept.value:.3f} [{kept.low:.3f}, {kept.high:.3f}] of it",
                verdict_of(kept, LEAST_KEPT),
            )
        )
    for system in (GENERATED, CYCLE):
        errors = [seed.cycle_errors[system] for seed in results.seeds]
        first, last = (float(np.mean([values[end] for _, values in errors])) for end in (0, -1))
        figures[f"cycle error of {system}"] = {"first": first, "last": last}
        fell = all(values[-1] < values[0] for _, values in errors)
        claims.append(
            Claim(
                f"The cycle error of {system} falls",
                "not measured",
                f"from {first:.3f} to {last:.3f}, with every seed"
                if fell
                else f"from {first:.3f} to {last:.3f}",
                HOLDS if fell else FAILS,
            )
        )
    besides = [
        Beside(f"{system}, accuracy on {name}", mean_of(key, system), means[system])
        for name, key in (("SFEW", "sfew"), ("EmotioNet", "emotionet"))
        for system in SYSTEMS
    ]
    source = accuracies([seed.source for seed in results.seeds], seed=draw)[1]
    besides.append(
        Beside("f_S, accuracy on the source, BU-3DFE", mean_of("source_models", "ResNet-50"), source)
    )
    return claims_section(claims, besides, caption, figures, headlines)


def share_kept(results: Results, system: str) -> Measured:
    """Return f_S's accuracy on restyled pictures as a share of that on the pictures as they are."""
    draw = results.request.seeds[0]
    before = pooled([seed.source for seed in results.seeds])
    after = pooled([seed.kept[system] for seed in results.seeds])
    one, two = (
        bootstrap(class_accuracy, said.labels, said.said, said.subject, seed=draw) for said in (before, after)
    )
    with np.errstate(invalid="ignore", divide="ignore"):  # people of whom f_S reads nothing
        drawn = np.nanmean(two.resampled, axis=1) / np.nanmean(one.resampled, axis=1)
    low, high = np.nanquantile(drawn, [0.025, 0.975]) if one.subjects > 1 else (math.nan, math.nan)
    return Measured(two.mean / one.mean, float(low), float(high))
