"""`livefacs evaluate` on a small corpus of real faces with made-up labels."""

from __future__ import annotations

import io
import json
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from command_line import livefacs
from parts import tiny_bundle
from PIL import Image
from typer.testing import CliRunner

from trainers.commands.evaluate import evaluate
from trainers.corpora.store import CorpusWriter

app = typer.Typer()
app.command()(evaluate)

PEOPLE = (("A", "single_face.mp4", 12, "train"), ("B", "WolfgangLanger_Pexels.mp4", 40, "test"))


def pictures(path: Path, step: int, count: int = 6) -> list[bytes]:
    """Every so many frames of a clip as JPEG."""
    made = []
    with av.open(str(path)) as clip:
        for frame in islice(clip.decode(video=0), 0, step * count, step):
            file = io.BytesIO()
            frame.to_image().resize((480, 360)).save(file, "JPEG", quality=92)
            made.append(file.getvalue())
    return made


@pytest.fixture(scope="module")
def corpus(clip, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpora") / "faces"
    rng = np.random.default_rng(0)
    with CorpusWriter(folder, "faces", ("AU12", "AU25", "AU43")) as writer:
        for subject, name, step, partition in PEOPLE:
            frames = pictures(clip(name), step)
            intensity = rng.integers(0, 6, (len(frames), 3)).astype(np.float32)
            labels = {
                "subject": subject,
                "sequence": f"{subject}/1",
                "frame": np.arange(1, len(frames) + 1),
                "intensity": intensity,
                "occurrence": (intensity > 0).astype(np.float32),
                "partition": partition,
            }
            writer.add(frames, labels, {"glasses": subject == "B"})
    return folder


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory, corpus) -> Path:
    folder = tmp_path_factory.mktemp("corpora") / "unlabelled"
    picture = io.BytesIO()
    Image.new("RGB", (16, 16)).save(picture, "JPEG")
    nothing = np.full((1, 1), np.nan, np.float32)
    row = {"subject": "A", "sequence": "A/1", "frame": [1], "intensity": nothing, "occurrence": nothing}
    with CorpusWriter(folder, "unlabelled", ("AU12",)) as writer:
        writer.add([picture.getvalue()], row)
    return folder


def refused(*args: object) -> str:
    """The one line that a command ends with."""
    result = CliRunner().invoke(app, [*map(str, args)], standalone_mode=False)
    assert result.exception is not None
    message = str(result.exception)
    assert len(message.splitlines()) == 1
    return message


def test_the_built_in_bundle_is_tested_and_the_report_written(corpus, tmp_path) -> None:
    out, faces = tmp_path / "report", tmp_path / "faces.npz"
    done = livefacs("evaluate", corpus, "--out", out, "--tracked", faces, "--jobs", 1, "--resamples", 50)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith("multi-au 1.0.0 on faces (all): F1 ")
    assert line.endswith(f"faces found 100.0 %; report: {out / 'report.html'}")
    assert "finding faces" in done.stderr
    figures = json.loads((out / "metrics.json").read_text())
    assert figures["aus"] == ["AU12", "AU25"]  # the bundle has no AU43
    assert (figures["frames"], figures["subjects"]) == (12, 2)
    assert figures["rendered"] is True
    assert (out / "plots" / "intensity.png").stat().st_size > 1000
    assert faces.exists()


def test_partitions_test_the_test_partition_by_a_given_bundle(corpus, tmp_path) -> None:
    bundle, out, faces = tiny_bundle(tmp_path / "bundle"), tmp_path / "report", tmp_path / "faces.npz"
    options = ["--protocol", "partitions", "--aus", "au12", "--jobs", "1", "--resamples", "50"]
    command = [str(bundle), str(corpus), "--out", str(out), "--tracked", str(faces), *options]
    result = CliRunner().invoke(app, command, standalone_mode=False)
    assert result.exception is None, result.exception
    figures = json.loads((out / "metrics.json").read_text())
    assert (figures["model"], figures["frames"], figures["subjects"]) == ("tiny 1.0.0", 6, 1)
    assert figures["aus"] == ["AU12"]
    first = faces.read_bytes()

    again = [*command, "--overwrite", "--window", "3", "--fps", "25"]
    result = CliRunner().invoke(app, again, standalone_mode=False)
    assert result.exception is None, result.exception
    assert "finding faces" not in result.output  # read from the file, which holds all rows
    assert faces.read_bytes() == first
    figures = json.loads((out / "metrics.json").read_text())
    assert figures["predictions"] == "causal median of 3 frames; resting face learned at 25 frames a second"


def test_folds_say_that_the_bundle_was_not_trained_by_them(corpus, tmp_path) -> None:
    out = tmp_path / "report"
    result = CliRunner().invoke(
        app,
        [str(corpus), "--out", str(out), "--protocol", "2-fold", "--jobs", "1"],
        standalone_mode=False,
    )
    assert result.exception is None, result.exception
    assert "was not trained by protocol 2-fold" in (out / "report.md").read_text()


def test_a_bundle_trained_on_the_corpus_is_told_from_a_fresh_one(corpus, tmp_path) -> None:
    bundle, out = tiny_bundle(tmp_path / "bundle"), tmp_path / "report"
    manifest = bundle / "bundle.toml"
    manifest.write_text(manifest.read_text() + '\n[training]\ncorpus = "faces, seed 7"\n')
    command = [str(bundle), str(corpus), "--out", str(out), "--jobs", "1", "--resamples", "50", "--overwrite"]
    CliRunner().invoke(app, command, standalone_mode=False)
    assert "was trained on 'faces, seed 7'" in (out / "report.md").read_text()
    CliRunner().invoke(app, [*command, "--protocol", "partitions"], standalone_mode=False)
    assert "was trained on" not in (out / "report.md").read_text()


def test_what_cannot_be_done_is_one_line(corpus, unlabelled, tmp_path) -> None:
    out = tmp_path / "report"
    assert "no protocol is named 'foo'" in refused(corpus, "--out", out, "--protocol", "foo")
    assert "3 names given" in refused("a", "b", "c", "--out", out)
    assert "no loader is named 'bp5d'" in refused("bp5d:/data", "--out", out)
    assert "DISFA" in refused("disfa:/nowhere", "--out", out)
    assert "nowhere" in refused(tmp_path / "nowhere", "--out", out)
    assert "bundle nothing.zip" in refused("nothing.zip", corpus, "--out", out)
    assert "window 4" in refused(corpus, "--out", out, "--window", 4)
    assert "--aus AU43: corpus faces and model multi-au" in refused(corpus, "--out", out, "--aus", "AU43")
    assert "name each AU once" in refused(corpus, "--out", out, "--aus", "AU12,AU12")
    assert "has no labels" in refused(unlabelled, "--out", out)
    assert not out.exists()
    (tmp_path / "mine.txt").write_text("mine")
    assert "holds no report" in refused(corpus, "--out", tmp_path, "--overwrite")


def test_a_bundle_and_a_corpus_without_a_common_au_are_refused(corpus, tmp_path) -> None:
    folder = tmp_path / "other"
    labels = np.ones((1, 1), np.float32)
    row = {"subject": "A", "sequence": "A/1", "frame": [1], "intensity": labels, "occurrence": labels}
    with CorpusWriter(folder, "other", ("AU04",)) as writer:
        writer.add([(next(corpus.glob("*.tar"))).read_bytes()[512:1024]], row)
    bundle = tiny_bundle(tmp_path / "bundle")
    message = refused(bundle, folder, "--out", tmp_path / "report")
    assert message == "corpus other and model tiny 1.0.0 have no AU in common (AU04; AU12)"
