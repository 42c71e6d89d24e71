"""Who shows what, from which views, with which labels."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainers.corpora.behaviour import AUS, default_statistics, expression_sequence, head_motion, views
from trainers.corpora.behaviour.expressions import GROWTH
from trainers.corpora.behaviour.poses import LIMIT
from trainers.corpora.corpus import EXPRESSIONS
from trainers.corpora.synthesis.acting import STRAY, TAKE, Shot, moment_of, shots
from trainers.corpora.synthesis.plan import BEHAVIOURS, POSES, CorpusPlan

SUBJECTS, FRAMES = 10, 120


def acted(subject: int, **changes: object) -> list[Shot]:
    plan = planned(**changes)
    return shots(plan, subject, plan.rng_of(subject))


def planned(**changes: object) -> CorpusPlan:
    values = {"name": "faces", "subjects": SUBJECTS, "frames": SUBJECTS * FRAMES} | changes
    return CorpusPlan(**values)  # type: ignore[arg-type]


def subject_in(partition: str) -> int:
    return next(s for s in range(SUBJECTS) if planned().partition_of(s) == partition)


@settings(max_examples=25, deadline=None)
@given(
    frames=st.integers(1, 40),
    subject=st.integers(0, 2),
    poses=st.sampled_from(POSES),
    behaviour=st.sampled_from(BEHAVIOURS),
    seed=st.integers(0, 1000),
)
def test_every_plan_gets_its_number_of_shots_within_the_ranges(
    frames: int, subject: int, poses: str, behaviour: str, seed: int
) -> None:
    plan = CorpusPlan("faces", 3, 3 * frames + subject, poses=poses, behaviour=behaviour, seed=seed)
    made = shots(plan, subject, plan.rng_of(subject))
    assert len(made) == plan.frames_of(subject)
    for shot in made:
        moment = shot.moment
        assert moment.left.shape == moment.right.shape == (len(AUS),)
        assert moment.left.dtype == np.float32
        assert min(moment.left.min(), moment.right.min()) >= 0
        assert max(moment.left.max(), moment.right.max()) <= 5
        assert np.isfinite([*moment.gaze, *moment.pose]).all()
        assert 1 <= shot.frame <= TAKE
        assert shot.expression in ("", *EXPRESSIONS)
    assert [shot.take for shot in made] == sorted(shot.take for shot in made)
    assert made[0].take == made[0].frame == 1


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_acting_repeats(behaviour: str) -> None:
    def told(subject: int) -> list[tuple[object, ...]]:
        return [
            (s.take, s.frame, s.view, s.moment.left.tobytes(), s.moment.gaze, s.moment.pose, s.expression)
            for s in acted(subject, behaviour=behaviour)
        ]

    assert told(1) == told(1)
    assert told(1) != told(2)


@pytest.mark.parametrize("partition", ["validation", "test"])
def test_held_out_subjects_show_every_moment_in_all_nine_views(partition: str) -> None:
    made = acted(subject_in(partition))
    assert len(made) == FRAMES
    whole, rest = divmod(FRAMES, 9)
    groups = [made[9 * k : 9 * k + 9] for k in range(whole)]
    names = [view.name for view in views("fera")]
    for group in groups:
        assert [shot.view for shot in group] == names
        assert len({(shot.take, shot.frame) for shot in group}) == 1
        assert len({shot.moment.left.tobytes() + shot.moment.right.tobytes() for shot in group}) == 1
    assert len({(group[0].take, group[0].frame) for group in groups}) == whole
    assert [shot.view for shot in made[9 * whole :]] == names[:rest], "the last moment is cut short"


def test_training_subjects_show_each_moment_once_from_any_view() -> None:
    made = acted(subject_in("train"))
    assert len({(shot.take, shot.frame) for shot in made}) == FRAMES
    counts = Counter(shot.view for shot in made)
    assert set(counts) == {view.name for view in views("fera")}
    assert max(counts.values()) < 3 * FRAMES / 9
    assert [shot.frame for shot in made] == [*range(1, TAKE + 1)] * (FRAMES // TAKE)


@pytest.mark.parametrize("poses", ["fera", "bu3dfe"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_held_poses_stray_little_from_their_view(poses: str, behaviour: str) -> None:
    angles = {view.name: (view.yaw, view.pitch, 0.0) for view in views(poses)}
    made = acted(subject_in("train"), poses=poses, behaviour=behaviour)
    away = np.array([np.subtract(shot.moment.pose, angles[shot.view]) for shot in made])
    assert np.abs(away).max() < 5 * STRAY
    assert away.std() == pytest.approx(STRAY, rel=0.2)


def test_moving_heads_have_no_view_and_move_smoothly_within_their_limits() -> None:
    for behaviour in ("spontaneous", "expressions"):
        made = acted(subject_in("test"), poses="continuous", behaviour=behaviour)
        poses = np.array([shot.moment.pose for shot in made])
        assert {shot.view for shot in made} == {""}
        assert (np.abs(poses) <= LIMIT).all()
        assert len({(shot.take, shot.frame) for shot in made}) == FRAMES
        steps = np.abs(np.diff(poses.reshape(-1, TAKE, 3), axis=1))
        takes = np.abs(np.diff(poses.reshape(-1, TAKE, 3)[:, 0], axis=0))
        assert steps.mean() < 0.6 * takes.mean()


def test_spontaneous_behaviour_has_no_expression_and_the_corpus_statistics() -> None:
    made = [shot for subject in range(SUBJECTS) for shot in acted(subject, poses="bu3dfe")]
    assert {(shot.expression, shot.level) for shot in made} == {("", 0)}
    intensity = np.array([np.maximum(shot.moment.left, shot.moment.right) for shot in made])
    found = (intensity >= 1).mean(axis=0)
    wanted = default_statistics().base_rate
    assert np.abs(found - wanted).max() < 0.12
    assert np.corrcoef(found, wanted)[0, 1] > 0.9


def test_expressions_are_balanced_and_at_all_levels() -> None:
    made = [shot for s in range(SUBJECTS) for shot in acted(s, poses="bu3dfe", behaviour="expressions")]
    counts = Counter(shot.expression for shot in made)
    assert set(counts) == set(EXPRESSIONS)
    assert max(counts.values()) - min(counts.values()) <= SUBJECTS
    levels = Counter(shot.level for shot in made if shot.expression != "neutral")
    assert set(levels) == set(GROWTH)
    assert min(levels.values()) > 0.8 * sum(levels.values()) / 4
    for shot in made:
        if shot.expression == "neutral":
            assert shot.level == 0
            assert not shot.moment.left.any()
        else:
            assert shot.moment.left.any()
    assert len({shot.view for shot in made}) > 130


def test_a_person_makes_an_expression_the_same_way_at_every_level() -> None:
    made = acted(0, poses="bu3dfe", behaviour="expressions")
    shown: dict[str, list[tuple[int, np.ndarray]]] = {}
    for shot in made:
        if shot.level:
            labels = np.maximum(shot.moment.left, shot.moment.right)
            shown.setdefault(shot.expression, []).append((shot.level, labels))
    for takes in shown.values():
        apexes = np.array([labels / GROWTH[level] for level, labels in takes])
        np.testing.assert_allclose(apexes, apexes[:1].repeat(len(apexes), axis=0), atol=1e-5)


def test_units_on_the_midline_are_the_same_on_both_sides() -> None:
    middle = default_statistics().spread == 0
    assert middle.any()
    for behaviour in BEHAVIOURS:
        for shot in acted(2, behaviour=behaviour):
            np.testing.assert_array_equal(shot.moment.left[middle], shot.moment.right[middle])


def test_an_expression_in_motion_is_neutral_until_it_shows() -> None:
    made = acted(0, poses="continuous", behaviour="expressions")
    assert {shot.expression for shot in made} == set(EXPRESSIONS)
    for shot in made:
        active = np.maximum(shot.moment.left, shot.moment.right).max() >= 1
        assert (shot.expression != "neutral") == active == (shot.level > 0)
    for take in {shot.take for shot in made}:
        assert len({shot.expression for shot in made if shot.take == take} - {"neutral"}) <= 1


def test_moment_of_takes_one_frame_of_a_sequence() -> None:
    rng = np.random.default_rng(0)
    sequence, motion = expression_sequence(rng, "surprise", 4, 20, fps=10.0), head_motion(rng, 20, 10.0)
    moment = moment_of(sequence, 9, motion[9])
    np.testing.assert_array_equal(moment.left, sequence.left[9])
    np.testing.assert_array_equal(moment.right, sequence.right[9])
    assert moment.gaze == tuple(sequence.gaze[9].tolist())
    assert moment.pose == tuple(motion[9].tolist())


@pytest.mark.parametrize("poses", POSES)
def test_posed_moments_are_takes_of_their_own(poses: str) -> None:
    made = acted(0, behaviour="posed", poses=poses)
    assert [(shot.take, shot.frame) for shot in made] == [(k + 1, 1) for k in range(FRAMES)]
    assert {shot.expression for shot in made} == {""}
    assert len({shot.moment.left.tobytes() for shot in made}) > 0.8 * FRAMES
    assert len({shot.moment.pose for shot in made}) == FRAMES
    yaw = np.array([shot.moment.pose[0] for shot in made])
    assert yaw.std() > 8.0  # a head that moves on, or views from both sides


def rates(subjects: int, **changes: object) -> np.ndarray:
    """(subjects, A) how often each shows each AU."""
    plan = planned(poses="continuous", subjects=subjects, frames=subjects * 160, **changes)
    return np.array(
        [
            np.mean(
                [np.maximum(s.moment.left, s.moment.right) >= 1 for s in shots(plan, k, plan.rng_of(k))],
                axis=0,
            )
            for k in range(subjects)
        ]
    )


def test_people_with_habits_differ_and_still_cannot_do_what_nobody_can() -> None:
    alike, different = rates(8), rates(8, habits=2.0)
    smile = AUS.index("AU12")
    assert np.ptp(different[:, smile]) > 2 * np.ptp(alike[:, smile])
    assert different.std(axis=0).mean() > 1.5 * alike.std(axis=0).mean()
    plan = planned(poses="continuous", habits=3.0)
    for one, other in default_statistics().exclusions:
        for shot in shots(plan, 0, plan.rng_of(0)):
            shown = np.maximum(shot.moment.left, shot.moment.right) >= 1
            assert not (shown[AUS.index(one)] and shown[AUS.index(other)])


def test_the_same_person_has_the_same_habits() -> None:
    first, again = (acted(2, habits=1.0) for _ in range(2))
    assert all(
        np.array_equal(a.moment.left, b.moment.left) and a.take == b.take
        for a, b in zip(first, again, strict=True)
    )
