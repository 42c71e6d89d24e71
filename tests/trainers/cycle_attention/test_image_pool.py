"""The pool of older pictures: fills, exchanges, comes back."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from trainers.cycle_attention.image_pool import ImagePool


def numbered(*numbers: int) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float32).reshape(-1, 1, 1, 1)


def test_new_pictures_are_given_until_it_is_full() -> None:
    pool = ImagePool(3)
    assert pool.exchange(numbered(1, 2)).flatten().tolist() == [1, 2]
    assert pool.pictures is not None and pool.pictures.flatten().tolist() == [1, 2]


def test_without_room_it_gives_what_it_gets() -> None:
    pool = ImagePool(0)
    assert pool.exchange(numbered(1, 2)).flatten().tolist() == [1, 2]
    assert pool.pictures is None


@given(
    size=st.integers(1, 4),
    batches=st.lists(st.integers(1, 4), min_size=1, max_size=8),
    seed=st.integers(0, 99),
)
def test_no_picture_is_lost_or_doubled(size, batches, seed) -> None:
    torch.manual_seed(seed)
    pool = ImagePool(size)
    fresh, given, filling = 0, [], 0
    for count in batches:
        made = numbered(*range(fresh, fresh + count))
        fresh += count
        given += pool.exchange(made).flatten().tolist()
        filling = min(size, fresh)
        assert pool.pictures is not None and len(pool.pictures) == filling
    assert len(given) == fresh
    # What filled the pool was given once then, and is given once more when its place is taken.
    kept = pool.pictures.flatten().tolist()
    first = list(range(filling))
    assert sorted(given + kept) == sorted(list(range(fresh)) + first)


def test_half_of_what_comes_is_exchanged() -> None:
    torch.manual_seed(0)
    pool = ImagePool(10)
    pool.exchange(numbered(*range(10)))
    old = sum(int(pool.exchange(numbered(1000 + k)).item() != 1000 + k) for k in range(400))
    assert 160 < old < 240
