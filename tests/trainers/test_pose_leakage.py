import math

import numpy as np
import pytest

from realtime.tracking.blendshapes import BLENDSHAPES
from realtime.tracking.native.task_file import read_task_file
from trainers.blendshapes.action_units import columns
from trainers.blendshapes.canonical_face import canonical_face
from trainers.blendshapes.check_leakage import table
from trainers.blendshapes.derive_leakage import (
    CORRECTED,
    as_toml,
    fit,
    foretold,
    log_odds_changes,
    turned,
    views,
)
from trainers.blendshapes.pose_leakage import DATA, POSE_GROUPS, read_leakage


class Foreshortened:
    """A stand-in for MediaPipe's network: log odds from the mean depth-free shape of the points."""

    def __call__(self, landmarks):
        landmarks = np.asarray(landmarks)
        spread = landmarks[:, :, :2].std(axis=1)
        log_odds = np.outer(spread[:, 0] - spread[:, 1], np.linspace(0.1, 0.5, 52)) - 1.0
        return 1.0 / (1.0 + np.exp(-log_odds))


def test_stored_laws_cover_the_groups_and_nothing_but_what_was_checked():
    laws = read_leakage()
    assert list(laws) == list(POSE_GROUPS)
    corrected = {index for name in CORRECTED for index in columns(name)}
    for law in laws.values():
        assert law.shape == (5, 52)
        assert set(np.flatnonzero(law.any(axis=0))) == corrected


def test_sides_mirror_each_other():
    for law in read_leakage().values():
        left, right = law[:, BLENDSHAPES.index("eyeSquintLeft")], law[:, BLENDSHAPES.index("eyeSquintRight")]
        assert left.tolist() == pytest.approx((right * [1, 1, -1, 1, -1]).tolist())
        assert left[2] != 0.0


def test_file_and_law_say_the_same(tmp_path):
    laws = read_leakage()
    copy = tmp_path / "leakage.toml"
    copy.write_text(as_toml(laws))
    assert copy.read_text() == DATA.read_text()
    for group, law in read_leakage(copy).items():
        np.testing.assert_array_equal(law, laws[group])


def test_fit_finds_a_known_law():
    laws = read_leakage()
    found = fit(foretold(laws))
    for group, law in found.items():
        np.testing.assert_allclose(law, laws[group], atol=5e-3)


def test_turning_follows_the_pose_convention():
    nose = np.array([[0.0, 0.0, -1.0]])  # towards the viewer: z points into the scene
    x, _, _ = turned(nose, yaw=0.3, pitch=0.0)[0]
    assert x == pytest.approx(-math.sin(0.3))  # yaw > 0: to the left of the image
    _, y, _ = turned(nose, yaw=0.0, pitch=0.3)[0]
    assert y == pytest.approx(math.sin(0.3))  # pitch > 0: down


def test_law_of_a_face_foretells_its_own_leak():
    face = np.random.default_rng(0).normal(size=(478, 3)) * (2.0, 3.0, 1.5)
    network = Foreshortened()
    laws = fit(log_odds_changes(network, face))
    text = table(network, laws, [face])
    rows = {line.split()[0]: line.split()[1:3] for line in text.splitlines()[1:]}
    for name in CORRECTED:
        before, after = map(float, rows[name])
        assert after < 0.5 * before
    assert log_odds_changes(network, face).shape == (len(views()), 52)


def test_canonical_face_is_mediapipes_with_irises(face_model_path):
    vertices = read_task_file(face_model_path).face.vertices
    face = canonical_face(face_model_path)
    assert face.shape == (478, 3)
    np.testing.assert_allclose(face[:468], vertices * (1.0, -1.0, -1.0))
    np.testing.assert_allclose(face[468], face[[33, 133, 159, 145]].mean(axis=0))
