"""The configured statistics of spontaneous behaviour: `statistics.toml`, read and checked.

Intensities are continuous, 0 to 5. What counts as which FACS level, here and wherever generated labels are
counted: below 1 nothing is scored (a trace too weak for level A, as every onset and offset passes through);
from 1 on, the nearest whole number is the level, 1 to 5 for A to E.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.errors import CorpusError

DATA = Path(__file__).with_name("statistics.toml")

AUS = tuple(
    f"AU{au:02d}" for au in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 22, 23, 24, 25, 26, 28, 45)
)
"""The Action Units of the open corpus, in the order of its labels."""
BLINK = "AU45"
OCCURS = 1.0
"""The intensity from which on an AU occurs."""
LEVEL_EDGES = (OCCURS, 1.5, 2.5, 3.5, 4.5, 5.0)
"""Intensities between which the levels 1 to 5 lie."""

Span = tuple[float, float]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Timing:
    """How AU events run; seconds, see `[timing]`."""

    onset: Span
    offset: Span
    hold_shortest: float
    hold_mean: float
    hold_shape: float
    lag: float
    strength_shared: float

    @property
    def hold_scale(self) -> float:
        """Scale of the gamma variable by which a hold is longer than the shortest."""
        return (self.hold_mean - self.hold_shortest) / self.hold_shape


@dataclass(frozen=True)
class BlinkTiming:
    """How blinks run; seconds, see `[blink]`."""

    closing: Span
    closed: Span
    opening: Span
    gap_shortest: float


@dataclass(frozen=True, eq=False)
class Statistics:
    """What generated behaviour must show over many frames. A Action Units.

    Attributes:
        aus: the A Action Units, the order of all arrays.
        base_rate: (A,) float64, fraction of frames with intensity >= 1.
        levels: (A, 5) float64, shares of the levels 1 to 5 among those frames; rows sum to 1.
        phi: pair of AUs -> phi correlation of their occurrence over frames.
        exclusions: pair of AUs that never occur together -> the reason.
        spread: (A,) float64, spread of the difference between the sides; 0 is symmetrical.
        one_sided: (A,) float64, share of events that move one side only.
        timing: of AU events.
        blink: timing of AU45.
    """

    aus: tuple[str, ...]
    base_rate: NDArray[np.float64]
    levels: NDArray[np.float64]
    phi: Mapping[Pair, float]
    exclusions: Mapping[Pair, str]
    spread: NDArray[np.float64]
    one_sided: NDArray[np.float64]
    timing: Timing
    blink: BlinkTiming


@cache
def default_statistics() -> Statistics:
    """Return the statistics of `statistics.toml`, the same object every time."""
    return read_statistics()


def read_statistics(path: Path = DATA) -> Statistics:
    """Read a statistics file.

    Raises:
        CorpusError: if it is no TOML, lacks a part, or holds values that cannot be met.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return _statistics(tables, path)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: not a readable statistics file ({error})") from error
    except KeyError as error:
        raise CorpusError(f"{path}: {error} is missing; see {DATA.name} for the parts of the file") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise CorpusError(f"{path}: a value is not of the expected kind ({error})") from error


def _statistics(tables: Mapping[str, Any], path: Path) -> Statistics:
    units: Mapping[str, Any] = tables["action_units"]
    aus = tuple(units)
    if BLINK not in aus:
        raise CorpusError(f"{path}: action_units has no {BLINK}; blinks need a base rate")
    rates, levels = {}, {}
    for au, unit in units.items():
        rates[au] = float(unit["base_rate"])
        if not 0 < rates[au] < 1:
            raise CorpusError(f"{path}: base rate {rates[au]} of {au} must be between 0 and 1")
        shares = levels[au] = np.array(unit["levels"], dtype=np.float64)
        if shares.shape != (5,) or shares.min() < 0 or abs(shares.sum() - 1) > 0.01:
            raise CorpusError(
                f"{path}: levels of {au} must be five shares that sum to 1, not {shares.tolist()}"
            )
    phi = {_pair(key, aus, path): float(value) for key, value in tables["cooccurrence"].items()}
    exclusions = {_pair(key, aus, path): str(reason) for key, reason in tables["exclusions"].items()}
    for pair, value in phi.items():
        lowest, highest = phi_range(rates[pair[0]], rates[pair[1]])
        if not lowest <= value <= highest:
            raise CorpusError(
                f"{path}: phi {value} of {' and '.join(pair)} is out of reach of their base rates"
                f" ({lowest:.2f} to {highest:.2f})"
            )
        if pair in exclusions or pair[::-1] in exclusions or BLINK in pair:
            what = "blinks are drawn apart" if BLINK in pair else "they are excluded"
            raise CorpusError(f"{path}: {' and '.join(pair)} can have no phi, {what}; drop the line")
    sides = {au: tables["asymmetry"].get(au, {}) for au in aus}
    return Statistics(
        aus=aus,
        base_rate=np.array([rates[au] for au in aus]),
        levels=np.array([levels[au] / levels[au].sum() for au in aus]),
        phi=phi,
        exclusions=exclusions,
        spread=np.array([float(sides[au].get("spread", 0.0)) for au in aus]),
        one_sided=np.array([float(sides[au].get("one_sided", 0.0)) for au in aus]),
        timing=Timing(**_spans(tables["timing"])),
        blink=BlinkTiming(**_spans(tables["blink"])),
    )


def _pair(key: str, aus: tuple[str, ...], path: Path) -> Pair:
    names = key.split()
    if len(names) != 2 or len(set(names)) != 2 or not set(names) <= set(aus):
        raise CorpusError(f'{path}: "{key}" must name two different AUs of action_units, as "AU01 AU02"')
    return names[0], names[1]


def _spans(table: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as tuples: the dataclasses are frozen."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def phi_range(rate_a: float, rate_b: float) -> tuple[float, float]:
    """Return the lowest and highest phi that two binary labels with these base rates can have."""
    scale = math.sqrt(rate_a * (1 - rate_a) * rate_b * (1 - rate_b))
    lowest = (max(0.0, rate_a + rate_b - 1) - rate_a * rate_b) / scale
    return lowest, (min(rate_a, rate_b) - rate_a * rate_b) / scale


def exclusion_groups(statistics: Statistics) -> NDArray[np.int64]:
    """Return (A,) group numbers; AUs that exclude each other, directly or through others, share one.

    AUs of one group change at the same instants, so that one has left before another comes.
    """
    group = {au: number for number, au in enumerate(statistics.aus)}
    for a, b in statistics.exclusions:
        merged, dropped = sorted((group[a], group[b]))
        group = {au: merged if number == dropped else number for au, number in group.items()}
    return np.array([group[au] for au in statistics.aus])
