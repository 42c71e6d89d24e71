"""`livefacs reproduce`: an experiment from a corpus on disk to its report, and once more without training."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from tiny_clips import numbered, write_clip
from typer.testing import CliRunner

from trainers.commands.reproduce import reproduce
from trainers.corpora.licensed.fera2017 import INTENSITY_AUS, VIEWS
from trainers.corpora.store import CorpusWriter
from trainers.reproduction.progress import RunReport
from trainers.training.loading import load_run
from trainers.training.run_folder import read_record

AUS = ("AU04", "AU12", "AU45")
POSES = [(yaw, pitch) for pitch in (-30, 0, 30) for yaw in (-40, 0, 40)]
PEOPLE = ["train"] * 4 + ["validation"] * 3 + ["test"] * 3
MOMENTS = 6
TINY = (
    "data.size=16", "data.batch=24", "data.sampling.per_view=4", "optimiser.warmup=0",
    "training.iterations=6", "training.interval=3", "training.precision=32-true",
)  # fmt: skip


def bars(rng: np.random.Generator, pitch: float, levels: np.ndarray) -> bytes:
    """A picture in which a bar's place tells the pitch, and bars' lengths the intensities."""
    pixels = rng.integers(0, 60, (16, 16, 3), dtype=np.uint8)
    pixels[round(7 + pitch / 6)] = 250
    for row, level in zip((4, 10), levels.astype(int), strict=False):
        pixels[row, : 3 * level] = 180
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def write(folder: Path, name: str, domain: str, aus: tuple[str, ...] = AUS, people=PEOPLE) -> Path:
    """Ten people; every moment in all nine views."""
    rng = np.random.default_rng(len(name))
    with CorpusWriter(folder, name, aus) as writer:
        for person, partition in enumerate(people):
            levels = (rng.integers(0, 6, (MOMENTS, len(aus))) * rng.integers(0, 2, (MOMENTS, 1))).astype(
                np.float32
            )
            levels = levels.repeat(len(POSES), axis=0)
            poses = np.tile(np.array([(*pose, 0) for pose in POSES], np.float32), (MOMENTS, 1))
            columns = {
                "subject": f"{name}-{person}",
                "sequence": f"{name}-{person}/1",
                "frame": np.arange(MOMENTS).repeat(len(POSES)) + 1,
                "intensity": levels,
                "occurrence": (levels > 0).astype(np.float32),
                "pose": poses,
                "view": np.tile([str(view) for view in range(1, 10)], MOMENTS),
                "domain": domain,
                "partition": partition,
            }
            writer.add([bars(rng, pose[1], row) for pose, row in zip(poses, levels, strict=True)], columns)
    return folder


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("corpora")
    return [write(folder / look, f"bars-{look}", look) for look in ("studio", "wild")]


def called(*args: object):
    app = typer.Typer()
    app.command()(reproduce)
    return CliRunner().invoke(app, ["pose-dependent", *map(str, args)], standalone_mode=False)


def command(out: Path, corpora: list[Path], *args: object) -> list[object]:
    named = [word for folder in corpora for word in ("--corpus", folder)]
    changes = [word for change in TINY for word in ("--set", change)]
    return ["--out", out, *named, *changes, "--device", "cpu", "--aus", "AU04,AU12", *args]


@pytest.fixture(scope="module")
def experiment(corpora, tmp_path_factory):
    """Two AUs, two seeds, on two corpora; and what the command printed."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("experiment") / "out"
    result = called(*command(out, corpora, "--seeds", 2))
    assert result.exception is None, result.exception
    return out, result


def test_every_network_is_trained_as_the_paper_trains_it(experiment) -> None:
    out, result = experiment
    runs = {path.parent.relative_to(out / "runs").as_posix(): path.parent for path in out.rglob("run.toml")}
    assert sorted(runs) == [
        f"seed-{seed}/{model}/{au}"
        for seed in (0, 1)
        for model in ("pose-dependent", "pose-invariant")
        for au in ("AU04", "AU12", "together")
    ]
    assert "AU12 (2 of 2, seed 1) pose-dependent: " in result.stderr
    for name, folder in runs.items():
        record = read_record(load_run(folder).folder)
        seed, model, au = name.split("/")
        recipe = record.recipe
        if au == "together":
            assert (recipe.task, recipe.data.aus, recipe.data.sampling.kind) == (model, AUS, "all")
            continue
        start = (out / "runs" / seed / model / "together").as_posix()
        assert recipe.options.weights == start
        assert (recipe.task, recipe.data.aus, recipe.data.sampling.au) == (model, (au,), au)
        assert f"seed-{recipe.training.seed}" == seed
        assert record.origin.command.startswith(
            f"livefacs train pose-dependent/{model.removeprefix('pose-')}-small"
        )
    # The pose estimator is AU12's; the other network trains its regressors only.
    stages = {
        au: load_run(runs[f"seed-0/pose-dependent/{au}"]).task.options.stages for au in ("AU04", "AU12")
    }
    assert (stages["AU04"].train_pose, stages["AU12"].train_pose) == (False, True)


def test_the_report_has_all_tables_and_figures(experiment) -> None:
    out, result = experiment
    line = result.stdout.splitlines()[-1]
    assert line.startswith(
        "Pose-dependent AU intensity on bars-studio + bars-wild: mean ICC, pose-invariant, validation "
    )
    assert line.endswith(f"report: {out / 'report' / 'report.html'}")
    text = (out / "report" / "report.md").read_text()
    for heading in (
        "## What came of it",
        "## The paper's claims",
        "### Mean ICC by seed of the training",
        "### Mean ICC by the look of the pictures",
        "## Models on the validation people",
        "## Models on the test people",
        "## Per pose: pose-invariant, validation people",
        "## Per pose: pose-dependent, validation people",
        "## Per pose: mixed, test people",
        "## Agreement between poses, AU by AU",
        "### Receptive fields of pose-invariant",
        "### Receptive fields of pose-dependent",
        "### Accuracy of the pose estimator, test people",
        "### ICC: the paper's on FERA 2017, and ours",
        "Table V: ICC of the mixed model",
        "### The paper's settings and ours",
        "### Networks",
    ):
        assert heading in text, heading
    assert "must not be quoted" in text
    assert all(f"\n| AU12{look} | " in text for look in ("", ", studio", ", wild"))
    assert "The mixed model takes the better of the two" in text
    assert "mean of 2 trainings" in text
    assert "| stages | AU12: regressors, then pose, then joint; other AUs: regressors | " in text
    assert "other AUs: regressors to the end; AU12: joint to the end |" in text
    plots = {path.stem for path in (out / "report" / "plots").iterdir()}
    assert plots >= {
        "agreement_pose-invariant_AU04_to_AU12",
        "agreement_pose-dependent_AU04_to_AU12",
        "receptive_fields_pose-invariant",
        "receptive_fields_pose-dependent",
        "icc_per_view_mixed_test",
    }
    figures = json.loads((out / "report" / "metrics.json").read_text())
    assert set(figures["verdict"]["validation"]["gained"]) == {"AU04", "AU12", "mean"}
    assert figures["verdict"]["test"]["gained"]["mean"]["low"] is not None
    assert set(figures["pose"]["test"]) == {"AU12"}
    assert figures["models_test"]["models"]["mixed"]["ICC(3,1)"]["AU04"]["value"] is not None


def test_a_second_call_trains_nothing_and_says_the_same(experiment, corpora) -> None:
    out, _ = experiment
    before = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")}
    report = (out / "report" / "metrics.json").read_text()
    result = called(*command(out, corpora, "--seeds", 2))
    assert result.exception is None
    assert "12 of 12 networks are trained already" in result.stderr
    assert before == {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")}
    assert (out / "report" / "metrics.json").read_text() == report


def test_without_au12_each_network_has_its_own_pose_estimator(corpora, tmp_path) -> None:
    result = called(*command(tmp_path / "out", corpora[:1], "--aus", "au04"))
    assert result.exception is None
    assert load_run(
        tmp_path / "out" / "runs" / "seed-0" / "pose-dependent" / "AU04"
    ).task.options.stages.train_pose
    figures = json.loads((tmp_path / "out" / "report" / "metrics.json").read_text())
    assert set(figures["pose"]["validation"]) == {"AU04"}
    assert figures["aus"] == ["AU04"]


def refused(*args: object) -> str:
    """The one line that the command ends with."""
    result = called(*args)
    assert result.exception is not None
    message = str(result.exception)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--size", "huge"), "--size huge: choose small or paper"),
        (("--aus", "AU4"), "--aus 'AU4': name each AU once, such as AU04,AU12"),
        (("--aus", "AU04,AU04"), "--aus 'AU04,AU04': name each AU once"),
        (("--aus", "AU09"), "corpus bars-studio has no AU09; it has AU04, AU12, AU45"),
        (("--seed", 1, "--seeds", 2), "--seed and --seeds: give one of them"),
        (("--seed", 1, "--seed", 1), "--seed 1, 1: seeds are 0 or more, each given once"),
        (("--set", "task.size=3"), "recipe pose-dependent/invariant-small: unknown key 'size' in [task]"),
        (("--device", "tpu"), "--device tpu: choose auto, cpu or cuda"),
        (("--bp4d", "nowhere"), "--bp4d nowhere: is used instead of open corpora; leave --corpus out"),
    ],
)
def test_bad_input_is_one_line(args, message: str, corpora, tmp_path) -> None:
    assert message in refused("--out", tmp_path / "out", "--corpus", corpora[0], *args)


def test_folders_of_something_else_are_refused(corpora, tmp_path) -> None:
    (tmp_path / "mine.txt").touch()
    assert "holds mine.txt, which no reproduction writes" in refused(
        "--out", tmp_path, "--corpus", corpora[0]
    )
    assert "is a file; name a folder" in refused("--out", tmp_path / "mine.txt", "--corpus", corpora[0])


def test_a_licensed_copy_is_reproduced_without_test_people(tmp_path) -> None:
    """FERA 2017 tells the pose group of each view, but no degrees, and its test partition is not public."""
    release, frames = tmp_path / "FERA17", 8
    release.mkdir()
    for view in VIEWS:
        images = [numbered(10 * int(view) + frame, (64, 64)) for frame in range(frames)]
        write_clip(release / f"view{view}.mp4", images=images)
    rng = np.random.default_rng(0)
    for name in ("TR_F001_T1", "TR_F002_T1", "VA_F001_T1", "VA_M002_T1"):
        for view in VIEWS:
            (release / f"FERA17_{name}_{view}.mp4").symlink_to(release / f"view{view}.mp4")
        for au in INTENSITY_AUS:
            levels = [0, 3, 0, 5, *rng.integers(0, 6, frames - 4)]
            rows = "".join(f"{row},{level}\n" for row, level in enumerate(levels, 1))
            (release / f"FERA17_{name}_{au}_Int.csv").write_text(rows)
    out = tmp_path / "out"
    result = called(*command(out, [], "--bp4d", release, "--aus", "AU12"))
    assert result.exception is None, result.exception
    record = read_record(load_run(out / "runs" / "seed-0" / "pose-dependent" / "AU12").folder)
    assert record.origin.corpora[0].source == f"fera2017:{release}"
    figures = json.loads((out / "report" / "metrics.json").read_text())
    assert (figures["corpus"], figures["rendered"]) == ("FERA 2017", False)
    assert list(figures["verdict"]) == ["validation"] and "models_test" not in figures
    text = (out / "report" / "report.md").read_text()
    assert "must not be quoted" not in text and "## Per pose: pose-dependent, validation people" in text


def test_licensed_copies_that_are_not_there_are_refused(tmp_path) -> None:
    message = refused("--out", tmp_path / "out", "--bp4d", tmp_path / "nowhere")
    assert message.startswith("FERA 2017: ") and "nowhere is not a folder" in message


def test_a_corpus_without_validation_people_is_refused(tmp_path) -> None:
    corpus = write(tmp_path / "corpus", "train-only", "studio", people=["train"] * 2)
    message = refused(*command(tmp_path / "out", [corpus]))
    assert "has no validation people" in message and "--set protocol=60-20-20" in message


def test_ctrl_c_ends_in_one_line_and_the_same_command_goes_on(corpora, tmp_path, monkeypatch) -> None:
    advance = RunReport.advance

    def stopping(self, losses):
        advance(self, losses)
        signal.raise_signal(signal.SIGINT)

    words = command(tmp_path / "out", corpora[:1], "--aus", "AU12")
    with monkeypatch.context() as patch:
        patch.setattr(RunReport, "advance", stopping)
        result = called(*words)
    assert result.return_value == 130
    assert (
        "3 AUs together pose-invariant: stopped after iteration 1; go on with the same command: livefacs"
        in result.stderr
    )
    assert called(*words).exception is None
