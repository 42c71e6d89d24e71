"""What a paper claims, what was measured here, and whether that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from trainers.reports.content import UNDEFINED, Headline, Measured, Section, Table
from trainers.reproduction.published_figures import NOT_OURS

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"
"""Verdicts."""

KEY = "claims"
"""Of the section in `metrics.json`."""


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        text: what is said to be so.
        paper: the paper's figures for it, as printed, and where they stand.
        here: what was measured.
        verdict: HOLDS, FAILS or OPEN.
    """

    text: str
    paper: str
    here: str
    verdict: str


def verdict_of(gain: Measured, above: float = 0.0) -> str:
    """Return whether a gain is above a bound: told only where its whole interval lies on one side."""
    if gain.low > above:
        return HOLDS
    return FAILS if gain.high < above else OPEN


def with_sign(difference: Measured) -> str:
    """Return "+0.012 [+0.002, +0.021]"."""
    ends = f" [{difference.low:+.3f}, {difference.high:+.3f}]" if difference.has_interval else ""
    return f"{difference.value:+.3f}{ends}"


class Beside(NamedTuple):
    """A figure of the paper, as printed, beside ours; either may be missing.

    Attributes:
        what: model, figure, and on what the paper measured it.
        paper: as printed, 0 to 1.
        here: on our corpus.
    """

    what: str
    paper: float | None
    here: Measured | None


def claims_section(
    claims: Sequence[Claim],
    besides: Sequence[Beside],
    caption: str,
    figures: Mapping[str, Any],
    headlines: Sequence[Headline],
) -> Section:
    """Return a paper's claims and its main figures beside ours; `metrics.json` gets all of it.

    Args:
        caption: of what was measured here.
        figures: what the claims were judged by, for `metrics.json`.
    """
    return Section(
        KEY,
        "The paper's claims",
        (claims_table(claims, caption), besides_table(besides, caption)),
        {
            "claims": [asdict(claim) for claim in claims],
            "side_by_side": [beside._asdict() for beside in besides],
            **figures,
        },
        tuple(headlines),
    )


def claims_table(claims: Sequence[Claim], caption: str) -> Table:
    """Return a row for each claim."""
    return Table(
        title="Claims",
        caption=caption,
        head=("claim", "in the paper", "here", "verdict here"),
        rows=tuple((claim.text, claim.paper, claim.here, claim.verdict) for claim in claims),
        notes=(
            f"“{HOLDS}” and “{FAILS}”: the whole 95 % interval over people lies on one side of what is "
            f"claimed. “{OPEN}”: it does not, with these people and this training.",
        ),
    )


def besides_table(besides: Sequence[Beside], caption: str) -> Table:
    """Return a row for each figure."""
    return Table(
        title="Side by side",
        caption=f"Here: {caption}",
        head=("figure", "in the paper", "here"),
        rows=tuple(
            (
                beside.what,
                UNDEFINED if beside.paper is None else beside.paper,
                UNDEFINED if beside.here is None else beside.here,
            )
            for beside in besides
        ),
        notes=(NOT_OURS,),
    )
