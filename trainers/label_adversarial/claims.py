"""What Wang et al. claim, beside what was measured here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trainers.label_adversarial.distributions import distances_of, nearer
from trainers.label_adversarial.published import published
from trainers.label_adversarial.results import FEWEST, FREE, OURS, RATES, Results, name_of
from trainers.metrics import accuracy
from trainers.reports import Comparison
from trainers.reports.comparison import Figures, listed
from trainers.reports.content import Headline, Measured, Section
from trainers.reproduction.claims import Beside, Claim, claims_section, verdict_of, with_sign
from trainers.reproduction.occurrence import auc_of, f1_of, figures_of, gained, over_aus


def claims_of(results: Results) -> Section:
    """Return the claims as a section."""
    base = results.seeds[0].comparisons[name_of(OURS, 0.0)]
    claims: list[Claim] = []
    figures: dict[str, Any] = {}
    headlines = []
    printed = published()["bp4d"]["models"]
    ours, free = (printed[model]["F1"][-1] / 100 for model in (OURS, FREE))
    for rate in RATES:
        gain = gained(results.pairs(rate))
        figures[f"F1 gained at {rate:g}"] = gain
        headlines.append(Headline(f"F1 gained by {OURS}, {100 * rate:.0f} % missing", gain, over_aus(base)))
        claims.append(
            Claim(
                f"F1 of {OURS} above that of {FREE}, {100 * rate:.0f} % of the labels missing",
                "Fig. 4, drawn" if rate else f"BP4D: {ours:.3f} and {free:.3f} (Table 1)",
                f"{with_sign(gain)} F1",
                verdict_of(gain),
            )
        )
    apart = published()["missing"]["conditional"]
    printed_apart = {
        "Marginal": "Fig. 5b, drawn",
        "Conditional": f"{apart[OURS]} and {apart[FREE]} from them on BP4D",
    }
    gains = {rate: dict(zip(printed_apart, nearer(results.pairs(rate)), strict=True)) for rate in RATES[1:]}
    figures["nearer"] = {f"{rate:g}": each for rate, each in gains.items()}
    claims += [
        Claim(
            f"{kind} distributions of what {OURS} says nearer to the labels' than {FREE}'s, "
            f"{100 * rate:.0f} % of the labels missing",
            in_paper if rate == FEWEST else "not given",
            f"by {with_sign(each[kind])}",
            verdict_of(each[kind]),
        )
        for kind, in_paper in printed_apart.items()
        for rate, each in gains.items()
    ]
    first = results.seeds[0].comparisons
    supervised: dict[str, Callable[[Comparison], Figures]] = {
        "F1": f1_of,
        "AUC": auc_of,
        "accuracy": lambda comparison: figures_of(comparison, accuracy),
    }
    besides = [
        Beside(
            f"{model}, {figure} on BP4D, every label",
            printed[model][figure][-1] / 100,
            of(first[name_of(model, 0.0)]).mean,
        )
        for figure, of in supervised.items()
        for model in (OURS, FREE)
    ]
    besides += [
        Beside(
            f"{OURS}, F1 on BP4D, {100 * rate:.0f} % missing",
            value / 100,
            f1_of(first[name_of(OURS, rate)]).mean,
        )
        for rate, value in zip((0.1, 0.5), published()["missing"]["bp4d"], strict=True)
    ]
    besides += [
        Beside(
            f"{model}, conditional distance on BP4D, 50 % missing",
            apart[model],
            Measured(float(distances_of(first[name_of(model, FEWEST)])[1])),
        )
        for model in (OURS, FREE)
    ]
    return claims_section(claims, besides, base.caption(listed(base.corpus.aus)), figures, headlines)
