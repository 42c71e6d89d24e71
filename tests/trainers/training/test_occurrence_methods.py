"""Three occurrence systems from end to end: each learns what is plain to see, its bundle says the same."""

from __future__ import annotations

import numpy as np
import pytest
from blotches import OPEN

from engines import Bundle
from trainers.evaluation.predicting import predict as predict_live
from trainers.metrics import auc
from trainers.training.exporting import export_bundle
from trainers.training.loading import load_run
from trainers.training.predicting import predict
from trainers.training.recipe_files import read_recipe
from trainers.training.samples import make_samples

SMALL = (
    "protocol=partitions",
    'data.aus=["AU04", "AU12"]',
    "data.size=24",
    "data.batch=16",
    "training.interval=40",
    "training.precision=32-true",
    "optimiser.warmup=0",
)
METHODS = {
    "baseline": ("identity-adversarial/small", "task.identity=ignored"),
    "joint": ("identity-adversarial/small", "task.identity=joint"),
    "adversarial": ("identity-adversarial/small",),
    "attention": ("identity-adversarial/e-net-small",),
    "label-adversarial": (
        "label-adversarial/small",
        "data.missing.rate=0.3",
        "optimisers.discriminator.warmup=0",
    ),
    "free": ("label-adversarial/small", "task.alpha=0", "data.missing.rate=0"),
    "multilabel": (
        "multilabel-qda/small",
        "data.augmentation.shift=0",
        "task.kernels=[5, 3]",
        "task.pools=[2, 2]",
    ),
}
FEWER = {
    "baseline": "features=16",
    "joint": "features=16",
    "adversarial": "features=16",
    "attention": "features=16",
}


@pytest.fixture(scope="module", params=METHODS)
def run(request, trained, tracked, tmp_path_factory):
    recipe, *changes = METHODS[request.param]
    fewer = [f"task.{FEWER[request.param]}"] if request.param in FEWER else []
    made = read_recipe(recipe, [*SMALL, "training.iterations=80", *changes, *fewer])
    folder = tmp_path_factory.mktemp("runs") / request.param
    return trained(made, folder, tracked=tracked, origin=OPEN).run.folder


def test_it_learns_and_its_bundle_gives_live_what_it_learnt(run, corpus, tracked, tmp_path) -> None:
    loaded = load_run(run)
    rows = np.flatnonzero(tracked.found)
    facts = loaded.record.facts
    samples = make_samples(corpus.with_aus(facts.aus), rows, loaded.record.recipe.data, facts, tracked)
    said = predict(loaded.task, samples)["au_occurrence"]
    held_out = np.isin(samples.corpus.partition, ["validation", "test"])
    figures = auc(samples.columns["occurrence"][held_out], said[held_out])
    assert figures.min() > 0.7, "it must beat chance on people whom it has not seen"
    export_bundle(run, tmp_path / "bundle")
    with Bundle.open(tmp_path / "bundle") as bundle:
        live = predict_live(bundle, corpus, tracked)
    np.testing.assert_allclose(live.occurrence[rows], said, atol=0.03)
