"""The basic expressions at four levels, as BU-3DFE has them (Yin et al., "A 3D facial expression database for
facial behavior research", FG 2006).

Which AUs make which expression: the prototypes of EMFACS and their variants, table 10-1 of the FACS
Investigator's Guide (Ekman, Friesen and Hager 2002), the source of `trainers.blendshapes.expressions` too;
AU11, 16 and 27, which the corpus does not have, are left out, AU27 as a strong AU26. The table says which
AUs, not how strong: intensities at the highest level, shares of variants and the growth from level to level
are ours, set by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.behaviour.durations import draw_ramps
from trainers.corpora.behaviour.events import draw_sides
from trainers.corpora.behaviour.gaze import draw_gaze
from trainers.corpora.behaviour.sequence import Sequence
from trainers.corpora.behaviour.statistics import AUS, default_statistics
from trainers.corpora.corpus import EXPRESSIONS, TOP_INTENSITY
from trainers.errors import CorpusError

LEVELS = (1, 2, 3, 4)
GROWTH = {1: 0.4, 2: 0.6, 3: 0.8, 4: 1.0}
"""Level -> share of the intensities of level 4."""
INDIVIDUAL = 0.12
"""Standard deviation of an AU's share of its intensity over people, and of all AUs' together."""
LONGEST_APEX = 4.0
"""Seconds; Ekman 2003: most expressions last 0.5 to 4 s."""


@dataclass(frozen=True)
class Variant:
    """One way of making an expression.

    Attributes:
        share: of people who make it so; those of an expression sum to 1.
        parts: Action Unit -> mean intensity at level 4.
    """

    share: float
    parts: Mapping[str, float]


VARIANTS: Mapping[str, tuple[Variant, ...]] = {
    "neutral": (Variant(1.0, {}),),
    "anger": (
        # closed mouth
        Variant(0.55, {"AU04": 4.2, "AU05": 2.5, "AU07": 3.4, "AU17": 2.4, "AU23": 3.2, "AU24": 3.4}),
        # open mouth
        Variant(
            0.3,
            {"AU04": 4.2, "AU05": 2.8, "AU07": 3.2, "AU10": 2.6, "AU23": 3.4, "AU25": 3.6, "AU26": 2.6},
        ),
        # lids not raised
        Variant(0.15, {"AU04": 4.4, "AU07": 3.8, "AU17": 2.6, "AU23": 3.6}),
    ),
    "disgust": (
        # nose
        Variant(0.4, {"AU04": 2.0, "AU07": 2.2, "AU09": 4.3, "AU15": 2.0, "AU17": 2.8}),
        # upper lip
        Variant(0.3, {"AU07": 2.0, "AU10": 4.3, "AU15": 2.2, "AU17": 3.2}),
        # both, open mouth
        Variant(0.3, {"AU04": 1.8, "AU07": 2.2, "AU09": 3.8, "AU10": 4.0, "AU25": 3.0, "AU26": 1.8}),
    ),
    "fear": (
        Variant(
            0.6,
            {
                "AU01": 4.0,
                "AU02": 3.2,
                "AU04": 3.2,
                "AU05": 4.0,
                "AU07": 1.8,
                "AU20": 3.6,
                "AU25": 3.2,
                "AU26": 1.8,
            },
        ),
        # lips stretched, jaw closed
        Variant(0.25, {"AU01": 3.8, "AU02": 2.8, "AU04": 3.4, "AU05": 3.8, "AU20": 3.8, "AU25": 2.6}),
        # no stretch
        Variant(0.15, {"AU01": 4.0, "AU02": 3.0, "AU04": 3.6, "AU05": 4.2, "AU25": 3.2, "AU26": 2.2}),
    ),
    "happiness": (
        Variant(0.55, {"AU06": 3.8, "AU12": 4.4, "AU25": 3.6}),
        # closed mouth
        Variant(0.2, {"AU06": 3.4, "AU12": 4.2}),
        # laughter
        Variant(0.25, {"AU06": 4.2, "AU07": 2.2, "AU10": 2.2, "AU12": 4.6, "AU25": 4.0, "AU26": 2.8}),
    ),
    "sadness": (
        Variant(0.6, {"AU01": 3.8, "AU04": 3.0, "AU15": 3.6, "AU17": 2.8}),
        # chin at rest
        Variant(0.25, {"AU01": 4.0, "AU04": 3.2, "AU15": 3.4}),
        # near tears
        Variant(0.15, {"AU01": 3.6, "AU04": 3.2, "AU06": 2.0, "AU07": 1.8, "AU15": 3.8, "AU17": 3.4}),
    ),
    "surprise": (
        Variant(0.7, {"AU01": 4.2, "AU02": 4.2, "AU05": 3.2, "AU25": 4.0, "AU26": 4.4}),
        # mouth less open
        Variant(0.3, {"AU01": 4.2, "AU02": 4.0, "AU05": 3.6, "AU25": 3.0, "AU26": 3.2}),
    ),
}
"""Expression -> the ways people make it; the most common first."""


def expression(
    rng: np.random.Generator, name: str, level: int, aus: tuple[str, ...] = AUS
) -> NDArray[np.float32]:
    """Return (A,) float32 intensities, 0 to 5, of an expression at its apex; neutral is all 0 at any level.

    What is individual (the variant and how strong each AU is) is drawn alike at every level: the same state
    of `rng` gives the same person's expression, whose intensities rise with the level. AUs not in `aus` are
    left out.

    Raises:
        CorpusError: if the expression or the level is not known.
    """
    if name not in VARIANTS:
        raise CorpusError(f'expression "{name}" is not known; choose from {", ".join(EXPRESSIONS)}')
    if level not in GROWTH:
        raise CorpusError(f"level {level} of {name}: expressions have levels {LEVELS[0]} to {LEVELS[-1]}")
    variants = VARIANTS[name]
    variant = variants[rng.choice(len(variants), p=[variant.share for variant in variants])]
    strength = 1.0 + INDIVIDUAL * np.clip(rng.normal(), -2, 2)
    own = 1.0 + INDIVIDUAL * np.clip(rng.normal(size=len(variant.parts)), -2, 2)
    intensity = np.zeros(len(aus), dtype=np.float32)
    for (au, mean), factor in zip(variant.parts.items(), own, strict=True):
        if au in aus:
            # Capped before it is scaled, so that no two levels are the same.
            intensity[aus.index(au)] = min(mean * strength * factor, TOP_INTENSITY) * GROWTH[level]
    return intensity


def expression_sequence(
    rng: np.random.Generator, name: str, level: int, frames: int, *, fps: float = 30.0
) -> Sequence:
    """Return an expression that rises from the neutral face, holds and falls back, in `frames` frames.

    The AUs are those of the default statistics, whose onset, offset and asymmetry apply. In a short sequence
    all is faster, so that it still holds a while; in a long one the face stays neutral before and after.

    Raises:
        CorpusError: if the expression or level is not known, `frames` is below 0 or `fps` not above 0.
    """
    if frames < 0 or not 0 < fps < np.inf:
        raise CorpusError(f"cannot make {name} last {frames} frames at {fps} frames per second")
    statistics = default_statistics()
    timing, count = statistics.timing, len(statistics.aus)
    apex = expression(rng, name, level, statistics.aus)
    onset, offset = draw_ramps(rng, count, timing)
    seconds = max(frames - 1, 0) / fps
    natural = timing.onset[1] + timing.offset[1] + 2 * timing.lag
    speed = max(1.0, natural / (0.7 * seconds)) if seconds > 0 else 1.0
    lasting = min(seconds, natural / speed + LONGEST_APEX)
    begin = rng.uniform(0.0, seconds - lasting)
    rise_begin = begin + rng.uniform(0.0, timing.lag, count) / speed
    fall_end = begin + lasting - rng.uniform(0.0, timing.lag, count) / speed
    time = (np.arange(frames) / fps)[:, None]
    advanced = np.minimum((time - rise_begin) * speed / onset, (fall_end - time) * speed / offset)
    intensity = apex * (0.5 - 0.5 * np.cos(np.pi * np.clip(advanced, 0.0, 1.0)))
    left, right = draw_sides(rng, statistics.spread, np.zeros(count))
    return Sequence(
        aus=statistics.aus,
        fps=fps,
        left=(intensity * left).astype(np.float32),
        right=(intensity * right).astype(np.float32),
        gaze=draw_gaze(rng, 1, frames, fps)[0],
    )
