import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.assembly import open_bundle
from realtime.calibration import RESTING, NeutralBaseline
from realtime.tracking.blendshapes import BLENDSHAPES
from realtime.types import Pose

FPS = 30
SMILE = [BLENDSHAPES.index("mouthSmileLeft"), BLENDSHAPES.index("mouthSmileRight")]
BLINK = BLENDSHAPES.index("eyeBlinkLeft")


def faces(count, seed=0):
    return np.random.default_rng(seed).random((count, 52), dtype=np.float32)


def watch(baseline, rows, fps=FPS, start=0.0, track=1, pose=None):
    neutral = RESTING
    for number, row in enumerate(rows):
        neutral = baseline.update(track, row, start + number / fps, pose)
    return neutral


def test_resting_face_is_one_for_every_blendshape():
    assert RESTING.shape == (52,)
    assert RESTING.dtype == np.float32
    assert (RESTING > 0).all() and (RESTING < 0.5).all()
    with pytest.raises(ValueError):
        RESTING[0] = 1.0


@given(
    quantile=st.floats(0.0, 1.0),
    seconds=st.integers(1, 12),
    prior=st.floats(0.5, 30.0),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=40)
def test_estimate_is_the_blend_of_prior_and_quantile(quantile, seconds, prior, seed):
    window, rate = 5.0, 4.0  # shorter than most runs, so that the ring goes round
    rows = faces(seconds * FPS, seed)
    neutral = watch(NeutralBaseline(quantile, window=window, rate=rate, prior=prior), rows)

    slots = np.floor(np.arange(len(rows)) / FPS * rate)
    first_of_slot = np.flatnonzero(np.diff(slots, prepend=-1))
    kept = rows[first_of_slot][-int(window * rate) :]
    own = np.quantile(kept, quantile, axis=0, method="lower")
    seen = len(kept) / rate
    expected = (prior * RESTING + seen * own) / (prior + seen)
    np.testing.assert_allclose(neutral, expected, rtol=1e-5)


def test_starts_at_the_population_and_moves_without_jumps():
    baseline = NeutralBaseline()
    before = RESTING
    for number in range(20 * FPS):
        after = baseline.update(1, np.ones(52, np.float32), number / FPS)
        assert np.abs(after - before).max() < 0.03
        before = after
    assert after.min() > 0.5


@pytest.mark.parametrize("fps", [15, 24, 25, 60])
def test_frame_rate_does_not_matter(fps):
    def clip(rate):
        t = np.arange(20 * rate) / rate
        return (0.3 + 0.2 * np.sin(t)[:, None] * np.linspace(0.5, 1.0, 52)).astype(np.float32)

    at_30, at_fps = watch(NeutralBaseline(), clip(30), 30), watch(NeutralBaseline(), clip(fps), fps)
    np.testing.assert_allclose(at_30, at_fps, atol=5e-3)


def test_learns_a_person_who_rests_otherwise_and_overlooks_blinks_and_smiles():
    own = np.full(52, 0.25, np.float32)
    rows = np.tile(own, (60 * FPS, 1))
    rows[::7, BLINK] = 0.9
    rows[FPS * 10 : FPS * 40, SMILE] = 0.9  # half of the time
    neutral = watch(NeutralBaseline(), rows)
    np.testing.assert_allclose(neutral, own, atol=0.04)


def test_an_expression_held_from_the_first_frame_is_not_swallowed():
    smiling = RESTING.copy()
    smiling[SMILE] = 0.85
    neutral = watch(NeutralBaseline(), np.tile(smiling, (120 * FPS, 1)))
    with open_bundle("blendshapes") as bundle, bundle.engine("level.onnx") as engine:
        intensity = engine.infer(
            {"blendshapes": smiling[None], "neutral": neutral[None], "pose": np.zeros((1, 3), np.float32)}
        )["au_intensity"][0]
        assert intensity[bundle.aus.index("AU12")] > 3.0


@pytest.mark.parametrize("pose", [Pose(0.4, 0.0, 0.0), Pose(-0.4, 0.0, 0.0), Pose(0.0, 0.4, 0.0)])
def test_turned_faces_are_not_learned_from(pose):
    baseline = NeutralBaseline()
    np.testing.assert_array_equal(watch(baseline, faces(300), pose=pose), RESTING)
    assert (watch(baseline, faces(300), pose=Pose(0.1, -0.1, 1.0)) != RESTING).all()


def test_tracks_are_apart_and_can_be_forgotten():
    baseline, alone = NeutralBaseline(), NeutralBaseline()
    for number, (one, two) in enumerate(zip(faces(300, 1), faces(300, 2), strict=True)):
        first = baseline.update(1, one, number / FPS)
        baseline.update(2, two, number / FPS)
        expected = alone.update(1, one, number / FPS)
    np.testing.assert_array_equal(first, expected)

    baseline.forget(1)
    baseline.forget(77)
    turned = Pose(1.0, 0.0, 0.0)
    np.testing.assert_array_equal(baseline.update(1, faces(1)[0], 10.0, turned), RESTING)
    assert (baseline.update(2, faces(1)[0], 10.0, turned) != RESTING).any()
    baseline.reset()
    np.testing.assert_array_equal(baseline.update(2, faces(1)[0], 10.0, turned), RESTING)


def test_same_frames_give_the_same_bytes():
    first, second = watch(NeutralBaseline(), faces(400)), watch(NeutralBaseline(), faces(400))
    assert first.tobytes() == second.tobytes()
    assert first.dtype == np.float32


def test_answers_stay_as_they_were_given():
    baseline = NeutralBaseline()
    row = faces(1)[0].copy()
    neutral = baseline.update(1, row, 0.0)
    kept = neutral.copy()
    row[:] = 1.0
    watch(baseline, faces(100), start=1.0)
    np.testing.assert_array_equal(neutral, kept)
    with pytest.raises(ValueError):
        neutral[0] = 1.0


def test_a_clock_that_steps_back_is_fine():
    baseline = NeutralBaseline()
    watch(baseline, faces(100), start=1e6)
    assert np.isfinite(watch(baseline, faces(100), start=-5.0)).all()


def test_memory_is_bounded():
    baseline = NeutralBaseline(window=5.0)
    watch(baseline, faces(10 * FPS))
    tracemalloc.start()
    watch(baseline, faces(60 * FPS), start=10.0)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 20_000


@pytest.mark.parametrize(
    "options",
    [
        {"quantile": -0.1},
        {"quantile": 1.1},
        {"window": 0.1},
        {"rate": 0.0},
        {"prior": 0.0},
        {"max_angle": 0.0},
    ],
)
def test_impossible_settings_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        NeutralBaseline(**options)
