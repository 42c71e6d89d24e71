"""What the shipped weights are trained on, and what they are tested on."""

from __future__ import annotations

from trainers.corpora.synthesis.plan import CorpusPlan

RECIPE = "multi-au/embedded"

# Moving heads give every pose, the nine views their extremes, posed behaviour the rare AUs. Most people are
# `varied`: where skin always folds by one rule, a network reads the folds alone, and real skin has others.
TRAINED_ON = (
    CorpusPlan("embedded-varied", 500, 20_000, "varied", "continuous", seed=111),
    CorpusPlan("embedded-varied-more", 600, 24_000, "varied", "continuous", seed=131),
    CorpusPlan("embedded-varied-views", 250, 10_000, "varied", "fera", seed=112),
    CorpusPlan("embedded-posed", 300, 12_000, "varied", "continuous", "posed", seed=122),
    CorpusPlan("embedded-posed-views", 400, 16_000, "varied", "fera", "posed", seed=121),
    CorpusPlan("embedded-expressions", 250, 8_000, "varied", "bu3dfe", "expressions", seed=103),
    CorpusPlan("embedded-wild-views", 250, 10_000, "wild", "fera", seed=123),
    CorpusPlan("embedded-studio-views", 150, 6_000, "studio", "fera", seed=104),
)

TESTED_ON = (
    CorpusPlan("held-studio", 50, 3_600, "studio", "fera", seed=901),
    CorpusPlan("held-wild", 50, 3_600, "wild", "fera", seed=902),
)
"""Other people, in the looks and nine views that tables are made of; nobody in them trains or validates."""

CALIBRATED_ON = tuple(plan for plan in TRAINED_ON if plan.poses == "fera")
"""They set the ranges of the eight-bit networks: every look, in the nine views."""
