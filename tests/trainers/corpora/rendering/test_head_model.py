"""The head model against `anny` itself, and its cache."""

from __future__ import annotations

import dataclasses
import os
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from trainers.corpora.rendering import head_model as module
from trainers.corpora.rendering.anatomy import ADULT, eyeballs
from trainers.corpora.rendering.head_model import LAYOUT, PARTS, HeadModel, blended


def cache_in(folder: Path) -> Path:
    return folder / f"head-model-{LAYOUT}-anny-{version('anny')}.npz"


def read_anew() -> HeadModel:
    return module.head_model.__wrapped__()


def test_arrays_fit_together(model: HeadModel) -> None:
    v = len(model.template)
    assert model.template.shape == (v, 3)
    assert model.faces.min() == 0
    assert model.faces.max() == v - 1
    assert model.unit_shapes.shape == (52, v, 3)
    assert model.change_shapes.shape == (len(model.change_names), 2, v, 3)
    assert model.phenotype_shapes.shape == (model.phenotype_projection.shape[1], v, 3)
    assert model.phenotype_mask.shape[1] == len(model.variations)
    assert model.masks.min() >= 0
    assert model.masks.max() <= 1
    assert {len(np.unique(part)) for part in model.part[model.faces]} == {1}, "no triangle joins two parts"
    assert all(model.of_part(name).any() for name in PARTS)


def test_axes_and_units(model: HeadModel) -> None:
    head = model.neutral(ADULT, {})
    left, right = eyeballs(model, head)
    lips = head[model.mask("lips") > 0.5].mean(axis=0)
    assert left.centre[0] > 0 > right.centre[0], "the subject's left is on the picture's right"
    assert lips[1] > left.centre[1] + 40, "the mouth lies below the eyes"
    assert head[:, 2].max() - left.centre[2] > 80, "the back of the head lies behind the eyes"
    assert 55 < left.centre[0] - right.centre[0] < 75, "millimetres between the pupils"
    assert 10 < left.radius < 18


def test_faces_run_counterclockwise_as_seen_from_outside(model: HeadModel) -> None:
    head = model.neutral({}, {})
    a, b, c = (head[model.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    outward = (a + b + c) / 3 - head.mean(axis=0)
    assert (normal * outward).sum() > 0
    face_front = a[:, 2] < np.quantile(head[:, 2], 0.2)
    assert (normal[face_front, 2] < 0).mean() > 0.8


def test_changes_grow_and_shrink_linearly_and_only_when_asked(model: HeadModel) -> None:
    name = "nose-scale-horiz-incr"
    rest, wide, half = (model.neutral({}, {name: share}) for share in (0.0, 1.0, 0.5))
    np.testing.assert_allclose(half - rest, (wide - rest) / 2, atol=1e-3)
    np.testing.assert_array_equal(rest, model.neutral({}, {}))
    moved = np.abs(wide - rest).max(axis=1) > 0.2
    assert 10 < moved.sum() < len(rest) / 2
    nose = rest[moved]
    narrow = model.neutral({}, {name: -1.0})[moved]
    assert np.ptp(wide[moved, 0]) > np.ptp(nose[:, 0]) > np.ptp(narrow[:, 0])


def test_phenotypes_change_the_head(model: HeadModel) -> None:
    def size(**phenotypes: float) -> float:
        return float(np.ptp(model.neutral(phenotypes, {})[model.of_part("skin"), 1]))

    assert size(age=1 / 3) < size(age=2 / 3) - 5, "a child's head is smaller"
    assert size(gender=1.0) < size(gender=0.0), "a woman's too"


def test_blended_is_the_weighted_sum(model: HeadModel) -> None:
    weights = np.random.default_rng(3).normal(size=52)
    weights[::3] = 0.0
    expected = np.tensordot(weights, model.unit_shapes.astype(np.float64), axes=1)
    np.testing.assert_allclose(blended(weights, model.unit_shapes), expected, atol=1e-3)


@pytest.fixture
def empty_cache(model: HeadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the head model will be kept from now on; not there yet."""
    monkeypatch.setenv("LIVEFACS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_kept_model_is_read_back_whole(model: HeadModel, empty_cache: Path) -> None:
    module._keep(model, cache_in(empty_cache))
    start = time.perf_counter()
    found = read_anew()
    assert time.perf_counter() - start < 2.0
    for field in dataclasses.fields(HeadModel):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(model, field.name))
    assert [path.name for path in empty_cache.iterdir()] == [cache_in(empty_cache).name]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_that_cannot_be_written_is_no_error(model: HeadModel, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    module._keep(model, cache_in(tmp_path))
    tmp_path.chmod(0o700)
    assert not list(tmp_path.iterdir())


def test_a_cache_folder_that_is_a_file_is_no_error(model: HeadModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    module._keep(model, cache_in(tmp_path / "file"))


@pytest.mark.parametrize("left", [0, 3, 100, 1_000_000, -10])
def test_a_cache_cut_short_is_not_believed(model: HeadModel, empty_cache: Path, left: int) -> None:
    # Building takes half a minute: the slow test below does it in earnest.
    path = cache_in(empty_cache)
    module._keep(model, path)
    path.write_bytes(path.read_bytes()[:left])
    built: list[int] = []

    def build() -> HeadModel:
        built.append(1)
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "build", build)
        assert read_anew() is model
    assert built == [1]
    assert len(np.load(path).files) == len(dataclasses.fields(HeadModel)), "and it was kept anew"


@pytest.mark.slow
def test_a_damaged_cache_is_built_anew_with_anny(model: HeadModel, empty_cache: Path) -> None:
    path = cache_in(empty_cache)
    module._keep(model, path)
    path.write_bytes(path.read_bytes()[:5_000_000])
    found = read_anew()
    for field in dataclasses.fields(HeadModel):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(model, field.name))


@pytest.mark.slow
def test_people_and_face_units_are_annys(model: HeadModel) -> None:
    import anny
    import torch

    made = anny.Anny(
        rig="makehuman-head", topology="head", phenotypes="all", local_changes="all", facial_actions="all"
    )
    rng = np.random.default_rng(11)
    for trial in range(6):
        phenotypes = {name: float(rng.uniform(0, 1)) for name in made.phenotype_labels}
        changes = {str(name): float(rng.uniform(-1, 1)) for name in rng.choice(model.change_names, 12)}
        unit = str(rng.choice(model.unit_names))
        with torch.no_grad():
            out = made(
                phenotype_kwargs={name: torch.tensor([value]) for name, value in phenotypes.items()},
                local_changes_kwargs={name: torch.tensor([value]) for name, value in changes.items()},
                facial_actions={unit: torch.tensor([0.8])},
            )
        metres = out["rest_vertices"][0].numpy()
        expected = np.stack([metres[:, 0], -metres[:, 2], metres[:, 1]], axis=1) * 1000
        found = model.neutral(phenotypes, changes) + 0.8 * model.unit_shapes[model.unit(unit)]
        np.testing.assert_allclose(found, expected, atol=0.01, err_msg=f"trial {trial}")
