"""CycleAT's networks, trained one upon the other in tiny; pictures adapted by their generator."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch
from blotches import OPEN
from interrupting import Stop, same

from engines import Bundle
from trainers.corpora.corpus import EXPRESSIONS
from trainers.training.errors import RecipeError, TrainingError
from trainers.training.exporting import export_bundle
from trainers.training.loading import load_run
from trainers.training.metrics_log import read
from trainers.training.recipe_files import read_recipe

SMALL = (
    "protocol=partitions",
    "data.size=32",
    "data.batch=8",
    "training.iterations=4",
    "training.interval=2",
    "training.precision=32-true",
    "optimiser.warmup=0",
)
GENERATORS = ("task.width=4", "task.blocks=1")
NARROW = (*GENERATORS, "task.discriminator_width=4", "task.discriminator_layers=1")


@pytest.fixture(scope="module")
def runs(trained, tracked, tmp_path_factory):
    """Train a recipe once, by name, on those before it."""
    folder = tmp_path_factory.mktemp("cycleat")

    def run(name, recipe, *changes):
        made = read_recipe(f"cycle-attention/{recipe}", [*SMALL, *changes])
        return trained(made, folder / name, tracked=tracked, origin=OPEN).run

    source = run("source", "source-small")
    shallow = run("shallow", "source-small", "task.backbone=slim_plain")
    taught, start = f"task.teacher={source.folder}", f"task.start={source.folder}"
    generators = run("generators", "generators-small", *NARROW)
    given = f"task.generators={generators.folder}"
    cycle = run("cycle", "cycle-small", taught, start, given, *NARROW)
    bridge = run("bridge", "bridge-small", taught, start, given, *GENERATORS)
    of_cycle = (f"task.teacher={cycle.folder}", f"data.adapt={cycle.folder}")
    target = run("target", "target-small", f"task.start={shallow.folder}", *of_cycle)
    return {"source": source, "generators": generators, "cycle": cycle, "bridge": bridge, "target": target}


def losses_of(run) -> list[str]:
    return sorted(name for name in read(run.metrics)[-1]["train"] if name.startswith("loss/"))


def test_each_learns_from_what_it_should(runs) -> None:
    wanted = {
        "source": ["expression"],
        "generators": ["cycle", "deception", "discrimination"],
        "cycle": ["attention", "cycle", "deception", "discrimination", "expression"],
        "bridge": ["attention", "expression"],
        "target": ["attention", "expression"],
    }
    assert {name: losses_of(run) for name, run in runs.items()} == {
        name: [f"loss/{loss}" for loss in losses] for name, losses in wanted.items()
    }


def test_given_generators_stay_as_they_were(runs) -> None:
    one, two = (load_run(runs[name].folder).task.networks for name in ("generators", "bridge"))
    assert set(two) == {"to_auxiliary", "to_source", "classifier"}
    for name in ("to_auxiliary", "to_source"):
        for before, after in zip(one[name].parameters(), two[name].parameters(), strict=True):
            assert torch.equal(before, after)


@pytest.mark.parametrize("name", ["source", "cycle", "bridge", "target"])
def test_its_bundle_tells_expressions(runs, name, tmp_path) -> None:
    export_bundle(runs[name].folder, tmp_path / "bundle")
    with Bundle.open(tmp_path / "bundle") as bundle:
        bundle.verify_models(run=True)
        assert bundle.expressions == EXPRESSIONS


def test_stage_two_goes_on_from_stage_one(runs) -> None:
    one, two = (load_run(runs[name].folder, weights="last").task.networks for name in ("generators", "cycle"))
    assert set(two) == {*one, "classifier"}
    for name, network in one.items():
        apart = [
            float((before - after).detach().abs().max())
            for before, after in zip(network.parameters(), two[name].parameters(), strict=True)
        ]
        assert 0 < max(apart) < 0.01  # four small steps away, not drawn anew


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (["task.blocks=2"], "have task.blocks 1, not 2; set it alike"),
        (["task.repaints=false"], "have task.repaints True, not False"),
        (["task.discriminator_width=8"], "do not fit"),
    ],
)
def test_other_generators_are_refused(runs, trained, tracked, tmp_path, changes, fault) -> None:
    given = f"task.generators={runs['generators'].folder}"
    with pytest.raises(TrainingError, match=fault):
        trained(
            read_recipe("cycle-attention/cycle-small", [*SMALL, *NARROW, given, *changes]),
            tmp_path / "run",
            tracked=tracked,
        )


def test_a_run_without_generators_gives_none(runs, trained, tracked, tmp_path) -> None:
    given = f"task.generators={runs['source'].folder}"
    with pytest.raises(TrainingError, match="has none; name a run of task cycle-attention"):
        trained(
            read_recipe("cycle-attention/bridge-small", [*SMALL, *GENERATORS, given]),
            tmp_path / "run",
            tracked=tracked,
        )


def test_stopped_and_resumed_is_never_stopped(runs, trained, tracked, tmp_path) -> None:
    source, generators = runs["source"].folder, runs["generators"].folder
    given = (f"task.teacher={source}", f"task.start={source}", f"task.generators={generators}")
    made = read_recipe("cycle-attention/cycle-small", [*SMALL, *NARROW, *given])
    whole = trained(made, tmp_path / "whole", tracked=tracked)
    assert trained(made, tmp_path / "parts", tracked=tracked, report=Stop(3)).interrupted
    same(whole, trained(made, tmp_path / "parts", tracked=tracked, resume=True))


def test_generators_alone_give_no_bundle(runs, tmp_path) -> None:
    with pytest.raises(TrainingError, match="gives no bundle"):
        export_bundle(runs["generators"].folder, tmp_path / "bundle")


def test_sheets_are_kept_at_each_look(runs) -> None:
    assert sorted(path.name for path in runs["cycle"].pictures.iterdir()) == [
        f"{way}-{iteration:07d}.png" for way in ("to_auxiliary", "to_source") for iteration in (0, 2, 4)
    ]


def test_only_pictures_of_the_source_are_adapted(runs, corpus, tracked) -> None:
    from trainers.training.adaptation import adapted
    from trainers.training.samples import make_samples

    record = load_run(runs["target"].folder).record
    rows = np.flatnonzero(tracked.found)
    plain = make_samples(corpus.with_aus(record.facts.aus), rows, record.recipe.data, record.facts, tracked)
    how = record.recipe.data
    changed = adapted(plain, how)
    differs = (changed.pictures != plain.pictures).reshape(len(rows), -1).any(axis=1)
    assert (differs == (plain.corpus.domain == "studio")).all()
    with pytest.raises(TrainingError, match="its task gives pictures no other look"):
        adapted(plain, msgspec.structs.replace(how, adapt=str(runs["source"].folder)))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (("data.colour=grey",), "was trained with data.colour rgb, this recipe has grey"),
        (("data.picture=whole",), "was trained with data.picture crop, this recipe has whole"),
        (("data.anchors=[[33], [263], [1]]",), "was trained with data.anchors"),
        (("data.size=34",), "data.size is 34: take a multiple of 4"),
    ],
)
def test_pictures_that_the_generator_does_not_know_are_refused(
    runs, trained, tracked, tmp_path, changes, fault
) -> None:
    adapt = f"data.adapt={runs['cycle'].folder}"
    with pytest.raises(TrainingError, match=fault):
        trained(
            read_recipe("cycle-attention/source-small", [*SMALL, adapt, *changes]),
            tmp_path / "run",
            tracked=tracked,
        )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (["task.teacher=nowhere"], "nowhere"),
        (['data.inputs=["blendshapes"]'], "sees a picture and nothing else"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_line(trained, tracked, tmp_path, changes, fault) -> None:
    with pytest.raises((TrainingError, RecipeError), match=fault):
        trained(
            read_recipe("cycle-attention/target-small", [*SMALL, *changes]), tmp_path / "run", tracked=tracked
        )
