"""Plans are a cache: keyed by all that matters, whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.cuda.plan_cache import PlanCache, plan_key

FACTS = {
    "flavour": "tensorrt",
    "version": "11.0",
    "gpu": "NVIDIA H100",
    "sm": "9.0",
    "precision": "fp16",
    "buckets": (1, 2),
}


@pytest.mark.parametrize(
    "change",
    [
        {"flavour": "tensorrt_rtx"},
        {"version": "10.9"},
        {"gpu": "NVIDIA A100"},
        {"sm": "8.0"},
        {"precision": "fp32"},
        {"buckets": (1, 2, 4)},
    ],
)
def test_whatever_changes_makes_another_plan(change: dict) -> None:
    assert plan_key(b"model", **FACTS) != plan_key(b"model", **{**FACTS, **change})
    assert plan_key(b"model", **FACTS) == plan_key(b"model", **FACTS)


def test_another_model_is_another_plan() -> None:
    assert plan_key(b"model", **FACTS) != plan_key(b"Model", **FACTS)


@given(plan=st.binary(min_size=1, max_size=200), cut=st.integers(0, 231), flip=st.integers(0, 255))
def test_a_damaged_file_is_no_plan(tmp_path_factory, plan: bytes, cut: int, flip: int) -> None:
    cache = PlanCache(tmp_path_factory.mktemp("plans"))
    cache.store("key", plan)
    assert cache.load("key") == plan
    whole = cache.path("key").read_bytes()
    if cut < len(whole):
        cache.path("key").write_bytes(whole[:cut])
        assert cache.load("key") is None
        changed = bytes([*whole[:cut], whole[cut] ^ flip, *whole[cut + 1 :]])
        cache.path("key").write_bytes(changed)
        assert cache.load("key") == (plan if flip == 0 else None)


def test_a_plan_is_built_where_none_is_kept(tmp_path: Path) -> None:
    cache = PlanCache(tmp_path / "plans")
    assert cache.fetch("key", lambda: b"one") == b"one"
    assert cache.fetch("key", lambda: b"two") == b"one"
    cache.drop("key")
    assert cache.fetch("key", lambda: b"two") == b"two"
    assert [path.name for path in cache.folder.iterdir()] == ["key.plan"]


def test_where_nothing_can_be_kept_it_is_built_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = PlanCache(tmp_path / "file")
    assert cache.fetch("key", lambda: b"one") == b"one"
    assert cache.fetch("key", lambda: b"two") == b"two"
    cache.drop("key")
