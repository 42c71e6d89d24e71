"""`livefacs reproduce atf`, `semi` and `qda` from corpora on disk to reports and bundles; their claims."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import typer
from blotches import faces_of_blotches, write_blotches
from typer.testing import CliRunner

from engines import Bundle
from realtime.fetching import sha256_of
from realtime.tracking.face_model import face_model
from trainers.commands.claims import claims
from trainers.commands.reproduce import reproduce
from trainers.corpora.store import open_corpus
from trainers.reproduction.papers import PAPERS
from trainers.training.exporting import export_bundle

PEOPLE = ("train",) * 6
TINY = (
    "data.size=16", "data.batch=24", "optimiser.warmup=0", "training.iterations=4", "training.interval=4",
    "training.precision=32-true",
)  # fmt: skip
OF_PAPER = {
    "atf": ("task.features=8",),
    "semi": ("optimisers.discriminator.warmup=0",),
    "qda": ("task.kernels=[3, 3]", "task.pools=[2, 2]"),
}
SECTIONS = {
    "atf": {"claims", "models", "transfer"},
    "semi": {"claims", "supervised"},
    "qda": {"claims", "tables", "phi"},
}
PLOTS = {
    "atf": {"curves_identity", "curves_f1", "alphas_identity", "alphas_f1"},
    "semi": {"missing", "marginal", "conditional", "people_pictures", "people_features"},
    "qda": {"embedding_spots_AU12", "embedding_stains_AU12", "phi"},
}
NETWORKS = {"atf": 3 * 5 + 4, "semi": 3 * 2 * 6 + 5, "qda": 6 + 2 * 6 + 2}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    torch.set_num_threads(1)


def called(*words: object) -> list[str]:
    """Return the lines that a command prints."""
    app = typer.Typer()
    app.command()(reproduce)
    app.command()(claims)
    result = CliRunner().invoke(app, list(map(str, words)), standalone_mode=False)
    assert result.exception is None, result.exception
    return result.stdout.splitlines()


@pytest.fixture(scope="module", params=sorted(set(PAPERS) - {"pose-dependent", "cycleat"}))
def experiment(request, tmp_path_factory) -> tuple[str, Path, str]:
    """The paper's name, its folder, and what the command printed last."""
    paper = request.param
    place = tmp_path_factory.mktemp(paper)
    names = ("spots", "stains") if paper != "semi" else ("spots",)
    (place / "out" / "faces").mkdir(parents=True)
    for seed, name in enumerate(names):
        corpus = open_corpus(write_blotches(place / name, name=name, seed=seed, partitions=PEOPLE))
        faces = faces_of_blotches(corpus, sha256_of(face_model(None, offline=True)))
        faces.save(place / "out" / "faces" / f"{name}.npz", corpus)
    named = [
        word
        for option, name in zip(("--corpus", "--other"), names, strict=False)
        for word in (option, place / name)
    ]
    changes = [word for change in (*TINY, *OF_PAPER[paper]) for word in ("--set", change)]
    words = [
        "reproduce", paper, "--out", place / "out", *named, *changes, "--device", "cpu", "--aus", "AU04,AU12"
    ]  # fmt: skip
    return paper, place / "out", called(*words)[-1]


def test_all_networks_are_trained_and_all_tables_written(experiment) -> None:
    paper, out, line = experiment
    assert len(list(out.rglob("run.toml"))) == NETWORKS[paper]
    told = json.loads((out / "report" / "metrics.json").read_text())
    assert told["paper"] == paper and set(told) >= SECTIONS[paper]
    assert {path.stem for path in (out / "report" / "plots").glob("*.png")} >= PLOTS[paper]
    for claim in told["claims"]["claims"]:
        assert claim["verdict"] in ("holds", "does not hold", "cannot be told")
    page = (out / "report" / "report.md").read_text()
    assert "## The paper's claims" in page and "The paper's figures" in page
    assert "nan" not in page
    assert line.endswith(f"report: {out / 'report' / 'report.html'}")


def test_its_networks_are_bundles(experiment, tmp_path) -> None:
    _, out, _ = experiment
    run = sorted(out.rglob("run.toml"))[0].parent
    export_bundle(run, tmp_path / "bundle")
    with Bundle.open(tmp_path / "bundle") as bundle:
        assert bundle.manifest.aus == ("AU04", "AU12")


def test_claims_are_set_side_by_side(experiment, tmp_path) -> None:
    paper, out, _ = experiment
    lines = called("claims", out, "--out", tmp_path / "page")
    told = json.loads((out / "report" / "metrics.json").read_text())["claims"]["claims"]
    assert len(lines) == len(told) + 1 and lines[0].startswith(f"{paper}: {told[0]['text']}: ")
    page = (tmp_path / "page" / "report.md").read_text()
    assert all(claim["text"] in page for claim in told)
