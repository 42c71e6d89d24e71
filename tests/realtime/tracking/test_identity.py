"""Stable track ids: through small moves, crossings, short losses; new ones after long losses."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.tracking.extent import extent_of
from realtime.tracking.identity import Identities

FPS = 30.0
SIZE = (480, 640)


def picture(faces: dict[str, tuple[float, float, float]]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A grey picture with one blob of its own colour per person, and the landmarks on it."""
    image = np.full((*SIZE, 3), 128, np.uint8)
    landmarks = {}
    rng = np.random.default_rng(0)
    unit = rng.uniform(-0.5, 0.5, (478, 2))
    colours = {"ann": (220, 180, 160), "bob": (110, 80, 60), "cid": (170, 120, 100)}
    for person, (x, y, width) in faces.items():
        points = unit * width + (x, y)
        landmarks[person] = np.column_stack([points, np.zeros(478)]).astype(np.float32)
        low, high = points.min(axis=0).astype(int), points.max(axis=0).astype(int) + 1
        rows = slice(max(0, low[1]), max(0, high[1]))
        image[rows, max(0, low[0]) : max(0, high[0])] = colours[person]
    return image, landmarks


def assign(identities: Identities, image: np.ndarray, landmarks: list[np.ndarray], t: float) -> list[int]:
    return identities.assign(image, landmarks, [extent_of(points, *SIZE[::-1]) for points in landmarks], t)


def follow(identities: Identities, moments: list[tuple[float, dict[str, tuple[float, float, float]]]]):
    """Feed moments (t, faces); return {person: ids in order of appearance}."""
    seen: dict[str, list[int]] = {}
    for number, (t, faces) in enumerate(moments):
        image, landmarks = picture(faces)
        people = list(landmarks)
        if number % 2:  # MediaPipe's order is no identity: neither must ours depend on it
            people.reverse()
        ids = assign(identities, image, [landmarks[p] for p in people], t)
        for person, track_id in zip(people, ids, strict=True):
            history = seen.setdefault(person, [])
            if not history or history[-1] != track_id:
                history.append(track_id)
    return seen


def test_people_who_move_keep_their_ids() -> None:
    moments = [(k / FPS, {"ann": (100 + 3 * k, 200, 90), "bob": (500 - 3 * k, 350, 90)}) for k in range(60)]
    assert follow(Identities(), moments) == {"ann": [1], "bob": [2]}


def test_people_who_cross_keep_their_ids() -> None:
    moments = [(k / FPS, {"ann": (100 + 4 * k, 200, 90), "bob": (500 - 4 * k, 205, 90)}) for k in range(100)]
    assert follow(Identities(), moments) == {"ann": [1], "bob": [2]}


def test_people_who_cross_with_one_hidden_keep_their_ids() -> None:
    moments = []
    for k in range(100):
        faces = {"ann": (100.0 + 4 * k, 200.0, 90.0), "bob": (500.0 - 4 * k, 205.0, 90.0)}
        if abs(faces["ann"][0] - faces["bob"][0]) < 60:
            del faces["bob"]  # behind ann
        moments.append((k / FPS, faces))
    assert follow(Identities(), moments) == {"ann": [1], "bob": [2]}


def test_short_loss_keeps_the_id_and_a_long_one_does_not() -> None:
    here = {"ann": (300.0, 200.0, 90.0)}
    assert follow(Identities(max_gap=1.0), [(0, here), (0.1, {}), (0.9, here)]) == {"ann": [1]}
    assert follow(Identities(max_gap=1.0), [(0, here), (0.1, {}), (1.2, here)]) == {"ann": [1, 2]}


def test_a_face_elsewhere_is_somebody_new() -> None:
    moments = [(0, {"ann": (100.0, 200.0, 80.0)}), (1 / FPS, {"bob": (500.0, 200.0, 80.0)})]
    assert follow(Identities(), moments) == {"ann": [1], "bob": [2]}


def test_reset_ends_tracks_and_never_reuses_ids() -> None:
    identities = Identities()
    here = {"ann": (300.0, 200.0, 90.0)}
    follow(identities, [(0, here)])
    assert identities.alive == {1}
    identities.reset()
    assert identities.alive == frozenset()
    assert follow(identities, [(0.03, here)]) == {"ann": [2]}


places = st.lists(st.tuples(st.floats(0, 640), st.floats(0, 480), st.floats(20, 200)), min_size=0, max_size=3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.6), places), max_size=12))
def test_ids_within_a_frame_are_unique_and_rise_without_reuse(steps: list) -> None:
    identities = Identities()
    t, highest, ended = 0.0, 0, set()
    for gap, faces in steps:
        t += gap
        image, landmarks = picture(dict(zip(("ann", "bob", "cid"), faces, strict=False)))
        before = identities.alive
        ids = assign(identities, image, list(landmarks.values()), t)
        ended |= before - identities.alive
        assert len(set(ids)) == len(ids)
        assert not ended & set(ids)
        assert all(1 <= i <= highest + len(ids) for i in ids)
        highest = max([highest, *ids])
