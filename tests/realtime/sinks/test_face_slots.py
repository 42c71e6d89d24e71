from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_samples import face

from realtime.sinks.face_slots import FaceSlots


def seen(*ids: int):
    return tuple(face(track, bbox=(0.0, 0.0, 10.0 * track, 10.0)) for track in ids)


def ids(places) -> list[int | None]:
    return [None if one is None else one.track_id for one in places]


def test_who_has_a_place_keeps_it() -> None:
    slots = FaceSlots(2)
    assert ids(slots.place(seen(3))) == [3, None]
    assert ids(slots.place(seen(3, 9))) == [3, 9]
    assert ids(slots.place(seen(9))) == [None, 9]
    assert ids(slots.place(seen(9, 1, 5))) == [5, 9]  # the larger of the two who wait
    assert ids(slots.place(seen())) == [None, None]


@given(st.integers(1, 4), st.lists(st.sets(st.integers(1, 6)), max_size=20))
def test_nobody_is_in_two_places_and_none_is_empty_for_nothing(count: int, frames: list[set[int]]) -> None:
    slots = FaceSlots(count)
    before: list[int | None] = [None] * count
    for present in frames:
        now = ids(slots.place(seen(*present)))
        held = [one for one in now if one is not None]
        assert len(set(held)) == len(held) == min(count, len(present))
        assert all(new == old for new, old in zip(now, before, strict=True) if old in present)
        before = now


def test_none_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        FaceSlots(0)
