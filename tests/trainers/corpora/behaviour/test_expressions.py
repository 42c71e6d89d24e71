"""Expressions against the prototypes that the default model reads them by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.blendshapes.expressions import FULL_INTENSITY, NEUTRAL_SCORE, PROTOTYPES
from trainers.corpora.behaviour import AUS, default_statistics, expression, expression_sequence
from trainers.corpora.behaviour.expressions import LEVELS, VARIANTS
from trainers.corpora.corpus import EXPRESSIONS
from trainers.errors import CorpusError

FELT = [name for name in EXPRESSIONS if name != "neutral"]

# What every face that makes the expression shows, alternatives in one tuple.
REQUIRED = {
    "anger": [("AU04",), ("AU07",), ("AU23", "AU24")],
    "disgust": [("AU09", "AU10")],
    "fear": [("AU01",), ("AU02",), ("AU04",), ("AU05",), ("AU20", "AU26")],
    "happiness": [("AU06",), ("AU12",)],
    "sadness": [("AU01",), ("AU04",), ("AU15",)],
    "surprise": [("AU01",), ("AU02",), ("AU05",), ("AU26",)],
}


def of(name: str, level: int, seed: int) -> dict[str, float]:
    return dict(zip(AUS, expression(np.random.default_rng(seed), name, level).tolist(), strict=True))


def recognised(intensity: dict[str, float]) -> str:
    """What the default model's prototypes make of it."""
    full = {au: min(value / FULL_INTENSITY, 1.0) for au, value in intensity.items()}
    scores = {"neutral": NEUTRAL_SCORE}
    for prototype in PROTOTYPES[1:]:
        parts = sum(weight * max(full[au] for au in aus) for aus, weight in prototype.parts.items())
        scores[prototype.name] = parts - sum(weight * full[au] for au, weight in prototype.against.items())
    return max(scores, key=lambda name: scores[name])


def test_every_expression_has_variants_that_sum_to_everybody() -> None:
    assert set(VARIANTS) == set(EXPRESSIONS)
    for variants in VARIANTS.values():
        assert sum(variant.share for variant in variants) == pytest.approx(1)
        assert all(set(variant.parts) <= set(AUS) for variant in variants)


@pytest.mark.parametrize("name", FELT)
def test_required_aus_are_clearly_there_at_the_highest_level(name: str) -> None:
    for seed in range(100):
        intensity = of(name, 4, seed)
        for alternatives in REQUIRED[name]:
            assert max(intensity[au] for au in alternatives) >= 1.5, (seed, alternatives)


@pytest.mark.parametrize("name", FELT)
@pytest.mark.parametrize("level", [3, 4])
def test_strong_expressions_are_recognised(name: str, level: int) -> None:
    hits = [recognised(of(name, level, seed)) == name for seed in range(100)]
    assert np.mean(hits) >= 0.95


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(FELT))
def test_the_same_person_shows_more_at_each_level(seed: int, name: str) -> None:
    levels = np.array([expression(np.random.default_rng(seed), name, level) for level in LEVELS])
    shown = levels[-1] > 0
    assert (np.diff(levels[:, shown], axis=0) > 0).all()
    assert not levels[:, ~shown].any()
    assert levels.max() <= 5
    together = {au for au, there in zip(AUS, shown, strict=True) if there}
    assert not any({a, b} <= together for a, b in default_statistics().exclusions)


def test_people_differ() -> None:
    faces = {tuple(of("anger", 4, seed).values()) for seed in range(20)}
    assert len(faces) == 20
    open_mouths = np.mean([of("anger", 4, seed)["AU25"] > 0 for seed in range(400)])
    assert open_mouths == pytest.approx(0.3, abs=0.07)


def test_neutral_does_nothing() -> None:
    assert not any(of("neutral", 2, 0).values())


def test_the_aus_may_be_others_in_another_order() -> None:
    few = expression(np.random.default_rng(3), "happiness", 4, aus=("AU12", "AU99", "AU06"))
    whole = of("happiness", 4, 3)
    assert few.tolist() == pytest.approx([whole["AU12"], 0, whole["AU06"]])


@pytest.mark.parametrize(
    ("name", "level", "said"), [("joy", 4, "choose from neutral, anger"), ("fear", 5, "1 to 4")]
)
def test_unknown_ones_are_refused(name: str, level: int, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        expression(np.random.default_rng(0), name, level)


@pytest.mark.parametrize(("frames", "fps"), [(90, 30.0), (12, 5.0), (6, 30.0), (600, 30.0)])
def test_sequences_rise_from_neutral_hold_and_fall(frames: int, fps: float) -> None:
    sequence = expression_sequence(np.random.default_rng(9), "happiness", 4, frames, fps=fps)
    course = sequence.intensity[:, AUS.index("AU12")]
    assert len(sequence) == frames
    assert not sequence.intensity[0].any()
    assert sequence.intensity[-1].max() < 1e-3
    top = np.flatnonzero(course >= course.max() - 1e-5)
    assert course.max() > 3
    assert (np.diff(course[: top[0] + 1]) >= 0).all()
    assert (np.diff(course[top[-1] :]) <= 0).all()
    assert top[0] / fps <= 0.5 * (frames - 1) / fps or frames == 600


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(0, 40), fps=st.floats(0.1, 240), level=st.sampled_from(LEVELS))
def test_sequences_of_any_length(frames: int, fps: float, level: int) -> None:
    sequence = expression_sequence(np.random.default_rng(1), "surprise", level, frames, fps=fps)
    assert sequence.intensity.shape == (frames, len(AUS))
    assert sequence.gaze.shape == (frames, 2)
    assert np.isfinite(sequence.intensity).all()
    assert sequence.intensity.max(initial=0) <= 5


def test_sequences_of_no_time_are_refused() -> None:
    with pytest.raises(CorpusError, match="cannot make fear last 10 frames at 0 frames per second"):
        expression_sequence(np.random.default_rng(0), "fear", 1, 10, fps=0)
