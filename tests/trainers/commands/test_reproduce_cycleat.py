"""`livefacs reproduce cycleat` from three corpora on disk to its report and its bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import typer
from blotches import faces_of_blotches, write_blotches
from typer.testing import CliRunner

from engines import Bundle
from realtime.errors import OptionError
from realtime.fetching import sha256_of
from realtime.tracking.face_model import face_model
from trainers.commands.reproduce import reproduce
from trainers.corpora.store import open_corpus
from trainers.cycle_attention.systems import CONTROL, SYSTEMS
from trainers.training.exporting import export_bundle

PEOPLE = ("train",) * 5
CORPORA = {"--corpus": ("lab", "studio"), "--auxiliary": ("web", "wild"), "--other": ("street", "wild")}
TINY = (
    "data.size=32", "data.batch=16", "optimiser.warmup=0", "training.iterations=2", "training.interval=1",
    "training.precision=32-true",
)  # fmt: skip
SEEDS = 2
OF_SEED = {
    "source", "shallow", "fine-tuned", "attention", "generators", "cycle", "bridge", "generated",
    "cycle-target", "with-source",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    torch.set_num_threads(1)


def called(*words: object) -> str:
    """Return what the command prints last."""
    app = typer.Typer()
    app.command()(reproduce)
    result = CliRunner().invoke(app, list(map(str, words)), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> list[object]:
    """The command, whose corpora and faces are there."""
    place = tmp_path_factory.mktemp("cycleat")
    (place / "out" / "faces").mkdir(parents=True)
    said: list[object] = ["cycleat", "--out", place / "out", "--seeds", SEEDS, "--device", "cpu"]
    for seed, (option, (name, domain)) in enumerate(CORPORA.items()):
        folder = write_blotches(
            place / name, name=name, seed=seed, partitions=PEOPLE, domains=(domain, domain)
        )
        corpus = open_corpus(folder)
        faces = faces_of_blotches(corpus, sha256_of(face_model(None, offline=True)))
        faces.save(place / "out" / "faces" / f"{name}.npz", corpus)
        said += [option, folder]
    return [*said, *(word for change in TINY for word in ("--set", change))]


@pytest.fixture(scope="module")
def experiment(words) -> tuple[Path, str]:
    """Its folder, and what the command printed last."""
    return words[2], called(*words)


def test_every_system_is_trained_with_every_seed(experiment) -> None:
    out, _ = experiment
    for seed in range(SEEDS):
        trained = {path.parent.name for path in (out / "runs" / f"seed-{seed}").glob("*/run.toml")}
        assert trained == OF_SEED | ({"source-mobilenet_v3_small"} if seed == 0 else set())


def test_the_report_has_every_table_and_picture(experiment) -> None:
    out, line = experiment
    told = json.loads((out / "report" / "metrics.json").read_text())
    assert told["paper"] == "cycleat" and told["seeds"] == [0, 1]
    assert set(told["systems"]) == {*SYSTEMS, CONTROL}
    assert set(told["trunks"]) == {"slim_resnet", "slim_plain", "mobilenet_v3_small"}
    assert {path.stem for path in (out / "report" / "plots").glob("*.png")} == {
        "domains", "cycle_error", "grown_cycle", "grown_generated", "restyled_cycle", "restyled_generated",
    }  # fmt: skip
    page = (out / "report" / "report.md").read_text()
    for title in ("The five systems", "Domain shift", "Trunks on the source", "The paper's figures"):
        assert f"## {title}" in page
    assert "nan" not in page
    assert line.endswith(f"report: {out / 'report' / 'report.html'}")


def test_every_claim_has_a_verdict(experiment) -> None:
    out, _ = experiment
    claims = json.loads((out / "report" / "metrics.json").read_text())["claims"]["claims"]
    assert {claim["verdict"] for claim in claims} <= {"holds", "does not hold", "cannot be told"}
    texts = [claim["text"] for claim in claims]
    assert [f"{two} recognises more than {one}" for one, two in zip(SYSTEMS, SYSTEMS[1:], strict=False)] == (
        texts[:4]
    )


def test_once_more_trains_nothing(experiment, words) -> None:
    out, line = experiment
    before = {path: path.stat().st_mtime_ns for path in out.rglob("last.safetensors")}
    assert called(*words) == line
    assert {path: path.stat().st_mtime_ns for path in out.rglob("last.safetensors")} == before


def test_the_target_classifier_is_a_bundle(experiment, tmp_path) -> None:
    out, _ = experiment
    export_bundle(out / "runs" / "seed-0" / "cycle-target", tmp_path / "bundle")
    with Bundle.open(tmp_path / "bundle") as bundle:
        assert bundle.manifest.aus == () and len(bundle.expressions) == 7


@pytest.mark.parametrize(
    ("paper", "options", "fault"),
    [
        ("cycleat", ["--aus", "AU04"], "--aus: this paper is about expressions"),
        ("cycleat", ["--bp4d", "somewhere"], "--corpus bu-3dfe:DIR"),
        ("semi", ["--auxiliary", "somewhere", "--aus", "AU04,AU12"], "has no auxiliary corpus"),
    ],
)
def test_options_of_other_papers_are_refused(words, tmp_path, paper, options, fault) -> None:
    corpus = words[words.index("--corpus") : words.index("--corpus") + 2]
    given = [] if "--bp4d" in options else corpus
    with pytest.raises(OptionError, match=fault):
        called(paper, "--out", tmp_path / "out", *given, *options)
