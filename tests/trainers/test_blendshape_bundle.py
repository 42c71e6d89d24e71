"""The embedded bundle: what its heads say of faces made for the purpose."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines import Bundle
from realtime.calibration import RESTING
from trainers.blendshape_bundle import DEFAULT_OUT, main
from trainers.blendshapes.action_units import ACTION_UNITS, READINGS, columns
from trainers.blendshapes.expressions import PROTOTYPES
from trainers.blendshapes.graph import EXPRESSIONS
from trainers.blendshapes.pose_leakage import EDGE_DEGREES, read_leakage
from trainers.blendshapes.tables import action_units, prototypes, readings

DOCS = Path(__file__).parents[2] / "docs" / "blendshape-rule.md"
FRONTAL = (0.0, 0.0, 0.0)
UNKNOWN = np.zeros(52, np.float32)
UNITS = {unit.name: unit for unit in ACTION_UNITS}
# The blendshapes that mean the AU itself; of AU25 the one that means nothing else.
OWN = {name: tuple(unit.terms) for name, unit in UNITS.items()} | {"AU25": ("mouthLowerDown",)}
GROUPS = ("up", "level", "down")


@pytest.fixture(scope="module")
def score():
    """score(blendshapes, pose, neutral, group) -> (intensity by AU, occurrence by AU, expression by name)."""
    with Bundle.open(DEFAULT_OUT) as bundle:
        engines = {group: bundle.engine(f"{group}.onnx") for group in GROUPS}

        def run(blendshapes, pose=FRONTAL, neutral=UNKNOWN, group="level"):
            rows = {"blendshapes": blendshapes, "neutral": neutral, "pose": np.asarray(pose, np.float32)}
            out = engines[group].infer({name: row[None].astype(np.float32) for name, row in rows.items()})
            return (
                dict(zip(bundle.aus, out["au_intensity"][0].tolist(), strict=True)),
                dict(zip(bundle.aus, out["au_occurrence"][0].tolist(), strict=True)),
                dict(zip(bundle.expressions, out["expression"][0].tolist(), strict=True)),
            )

        yield run
        for engine in engines.values():
            engine.close()


def face(**values):
    """A resting face, with these blendshapes (both sides alike) set."""
    made = RESTING.copy()
    for name, value in values.items():
        made[columns(name)] = value
    return made


def towards_full(name, part):
    """The value of a blendshape this part of the way, as it is read, from rest to full."""
    reading, rest = READINGS[name], float(RESTING[columns(name)[0]])
    if reading.knee is None:
        return rest + part * (reading.full - rest)
    low, high = np.log1p(rest / reading.knee), np.log1p(reading.full / reading.knee)
    return float(reading.knee * np.expm1(low + part * (high - low)))


def showing(units, part):
    """A face that shows these AUs, each by its own blendshapes."""
    return face(**{name: towards_full(name, part) for unit in units for name in OWN[unit]})


# ------------------------------------------------------------------ the files


def test_embedded_files_are_what_the_script_makes(tmp_path):
    main(tmp_path / "made")
    made = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    embedded = {path.name: path.read_bytes() for path in DEFAULT_OUT.iterdir()}
    assert made == embedded
    assert sum(map(len, embedded.values())) < 100_000


def test_bundle_is_accepted_and_behaves():
    with Bundle.open(DEFAULT_OUT) as bundle:
        bundle.verify_models(run=True)
        assert bundle.id == "blendshapes 1.0.0"
        assert len(bundle.aus) == 19
        assert set(bundle.thresholds.values()) == {0.5}


@pytest.mark.parametrize("table", [action_units, readings, prototypes])
def test_docs_show_the_tables(table):
    assert table() in DOCS.read_text()


# ------------------------------------------------------------------ the resting face


@pytest.mark.parametrize("group", GROUPS)
def test_the_resting_face_rests(score, group):
    pitch = {"up": -15.0, "level": 0.0, "down": 15.0}[group]
    intensity, occurrence, expression = score(RESTING, (0.0, math.radians(pitch), 0.0), group=group)
    assert max(intensity.values()) < 1.0
    assert max(occurrence.values()) < 0.5
    assert max(expression, key=expression.get) == "neutral"


@given(scale=arrays(np.float32, 52, elements=st.floats(0.5, 1.3125, width=32)))
@settings(deadline=None, max_examples=60)
def test_faces_near_rest_have_no_au(score, scale):
    intensity, _, expression = score(RESTING * scale)
    assert max(intensity.values()) <= 1.0
    assert max(expression, key=expression.get) == "neutral"


def test_a_known_resting_face_is_measured_from(score):
    narrow_eyes = face(eyeSquint=0.5)
    assert score(narrow_eyes)[0]["AU07"] > 1.0
    assert score(narrow_eyes, neutral=narrow_eyes)[0]["AU07"] < 0.1
    wide_eyes = face(eyeSquint=0.1)
    assert score(face(eyeSquint=0.4), neutral=wide_eyes)[0]["AU07"] > score(face(eyeSquint=0.4))[0]["AU07"]


def test_no_resting_face_swallows_an_expression(score):
    smiling = face(mouthSmile=0.85)
    assert score(smiling, neutral=smiling)[0]["AU12"] > 3.0


# ------------------------------------------------------------------ Action Units


@pytest.mark.parametrize("au", UNITS)
def test_own_blendshapes_raise_the_au_most_and_steadily(score, au):
    before = 0.0
    for part in np.linspace(0.0, 1.0, 9):
        intensity = score(showing([au], part))[0]
        assert intensity[au] >= before - 1e-6
        if part >= 0.5:
            assert intensity[au] == max(intensity.values())
            assert sum(value == intensity[au] for value in intensity.values()) == 1
        before = intensity[au]
    assert before > 4.7


@pytest.mark.parametrize("au", UNITS)
def test_presence_means_a_trace_or_more(score, au):
    for part in np.linspace(0.0, 1.0, 9):
        intensity, occurrence, _ = score(showing([au], part))
        assert (occurrence[au] >= 0.5) == (intensity[au] >= 1.0)


def test_tiny_cheek_squint_moves_the_cheek_raiser(score):
    levels = [score(face(cheekSquint=value))[0]["AU06"] for value in (5e-7, 1e-6, 2e-6, 5e-6, 1e-5)]
    assert np.diff(levels).min() > 0.2
    assert levels[-1] > 2.0


@pytest.mark.parametrize(
    ("au", "seen", "cause"),
    [
        ("AU07", {"eyeSquint": 0.55}, {"eyeBlink": 0.8}),
        ("AU10", {"mouthUpperUp": 0.3}, {"mouthSmile": 0.9}),
        ("AU20", {"mouthStretch": 0.05}, {"mouthSmile": 0.9}),
        ("AU24", {"mouthPress": 0.15}, {"mouthSmile": 0.9}),
        ("AU45", {"eyeBlink": 0.35}, {"eyeLookDown": 0.7}),
        ("AU45", {"eyeBlink": 0.3}, {"eyeSquint": 0.7}),
        ("AU05", {"eyeWide": 0.02}, {"eyeLookUp": 0.6}),
        ("AU28", {"mouthRollLower": 0.7}, {}),
    ],
)
def test_what_another_action_causes_is_not_scored(score, au, seen, cause):
    assert score(face(**seen, **cause))[0][au] < 1.0


# ------------------------------------------------------------------ expressions


@pytest.mark.parametrize("prototype", PROTOTYPES[1:], ids=lambda prototype: prototype.name)
@pytest.mark.parametrize("alternative", [0, -1])
def test_a_prototype_shows_its_expression(score, prototype, alternative):
    shown = [aus[alternative] for aus in prototype.parts]
    expression = score(showing(shown, 0.7))[2]
    assert max(expression, key=expression.get) == prototype.name
    assert expression[prototype.name] > 0.6


def test_raised_brows_alone_are_no_surprise(score):
    expression = score(showing(["AU01", "AU02"], 0.8))[2]
    assert max(expression, key=expression.get) == "neutral"


def test_prototypes_are_whole():
    for prototype in PROTOTYPES[1:]:
        assert sum(prototype.parts.values()) == pytest.approx(1.0)
    assert EXPRESSIONS[0] == "neutral"


# ------------------------------------------------------------------ any input

rows = arrays(np.float32, 52, elements=st.floats(0.0, 1.0, width=32))
angles = st.floats(-math.pi, math.pi)


@given(
    blendshapes=rows,
    neutral=rows | st.just(UNKNOWN),
    pose=st.tuples(angles, angles, angles),
    group=st.sampled_from(GROUPS),
)
@settings(deadline=None, max_examples=150)
def test_scores_stay_in_range(score, blendshapes, neutral, pose, group):
    intensity, occurrence, expression = score(blendshapes, pose, neutral, group)
    assert all(0.0 <= value <= 5.0 for value in intensity.values())
    assert all(0.0 <= value <= 1.0 for value in occurrence.values())
    assert all(0.0 <= value <= 1.0 for value in expression.values())
    assert sum(expression.values()) == pytest.approx(1.0, abs=1e-5)


# ------------------------------------------------------------------ pose


@given(blendshapes=rows, yaw=st.floats(-0.5, 0.5), edge=st.sampled_from([("up", -1), ("down", 1)]))
@settings(deadline=None, max_examples=60)
def test_nothing_jumps_where_pose_groups_meet(score, blendshapes, yaw, edge):
    group, sign = edge
    pose = (yaw, sign * math.radians(EDGE_DEGREES), 0.0)
    outside, inside = score(blendshapes, pose, group=group)[0], score(blendshapes, pose)[0]
    assert outside == pytest.approx(inside, abs=0.05)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("yaw", [-20.0, 20.0])
def test_pose_leakage_is_taken_out(score, group, yaw):
    pitch, yaw = math.radians({"up": -20.0, "level": 8.0, "down": 20.0}[group]), math.radians(yaw)
    frontal = face(eyeSquint=0.6, mouthStretch=0.3, eyeWide=0.05, mouthSmile=0.5)
    leakage = np.array([1.0, pitch, yaw, yaw**2, pitch * yaw]) @ read_leakage()[group]
    odds = frontal / (1.0 - frontal) * np.exp(leakage)
    turned = odds / (1.0 + odds)
    assert score(turned, (yaw, pitch, 0.0), group=group)[0] == pytest.approx(score(frontal)[0], abs=1e-3)
    assert score(turned)[0] != pytest.approx(score(frontal)[0], abs=0.1)


def test_roll_changes_nothing(score):
    smiling = face(mouthSmile=0.8)
    assert score(smiling, (0.1, 0.1, 0.5)) == score(smiling, (0.1, 0.1, 0.0))
