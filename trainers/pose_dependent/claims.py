"""What Zhou et al. claim, beside what was measured here."""

from __future__ import annotations

from collections.abc import Sequence

from trainers.pose_dependent.compared import Compared
from trainers.pose_dependent.gains import gain, mean_icc
from trainers.pose_dependent.held_out import DEPENDENT, INVARIANT
from trainers.pose_dependent.published import published_per_au
from trainers.reports.content import Measured, Section
from trainers.reproduction.claims import Beside, Claim, claims_section, verdict_of, with_sign


def claims_of(parts: Sequence[Compared]) -> Section:
    """Return the claims as a section: one for each partition, over all seeds."""
    claims, besides = [], []
    printed = {
        model: published_per_au(model, "validation", "ICC")["mean"] for model in (INVARIANT, DEPENDENT)
    }
    for part in parts:
        gained = gain(part.pairs).mean
        claims.append(
            Claim(
                f"Mean ICC of {DEPENDENT} above that of {INVARIANT}, {part.partition} people",
                f"FERA 2017, validation: {printed[DEPENDENT]:.3f} and {printed[INVARIANT]:.3f} (Table I)",
                f"{with_sign(gained)} ICC",
                verdict_of(gained),
            )
        )
        for k, model in enumerate((INVARIANT, DEPENDENT)):
            here = Measured(mean_icc([pair[k] for pair in part.pairs]))
            besides.append(
                Beside(
                    f"{model}, mean ICC on FERA 2017's validation; {part.partition} people here",
                    printed[model],
                    here,
                )
            )
    return claims_section(claims, besides, parts[0].caption, {}, ())
