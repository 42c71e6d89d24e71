"""Whole corpora: the same folder with any number of workers, and nothing left of what fails."""

from __future__ import annotations

import dataclasses
import filecmp
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainers.corpora.behaviour import AUS
from trainers.corpora.corpus import Corpus
from trainers.corpora.store import open_corpus
from trainers.corpora.synthesis import make as module
from trainers.corpora.synthesis.make import make_corpus
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import CorpusError

pytestmark = pytest.mark.usefixtures("anny_installed")
PLAN = CorpusPlan("tiny faces", subjects=5, frames=23, size=64, seed=8, domain="wild")


@pytest.fixture(scope="module")
def one_job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """The corpus made in this process, and what its progress said."""
    folder, told = tmp_path_factory.mktemp("one") / "corpus", []
    make_corpus(PLAN, folder, jobs=1, progress=told.append)
    return folder, told


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_corpus_is_read_back_as_planned(one_job: tuple[Path, list[int]]) -> None:
    corpus = open_corpus(one_job[0])
    assert (len(corpus), corpus.name, corpus.aus) == (23, "tiny faces", AUS)
    assert corpus.images[22].shape == (64, 64, 3)
    assert corpus.images[0].std() > 5
    subjects, counts = np.unique(corpus.subject, return_counts=True)
    assert list(counts) == [5, 5, 5, 4, 4]
    assert list(subjects) == [f"wild-8-{number:04d}" for number in range(5)]
    for number, subject in enumerate(subjects):
        assert set(corpus.partition[corpus.subject == subject]) == {PLAN.partition_of(number)}
    assert corpus.landmarks is not None
    assert corpus.landmarks.shape == (23, 478, 2)
    assert set(corpus.attributes) >= {
        "age",
        "gender",
        "skin_tone",
        "glasses",
        "beard",
        "hair",
        "left",
        "right",
    }
    assert "README.md" in files_of(one_job[0]), "the data card"


def test_progress_counts_every_picture_once(one_job: tuple[Path, list[int]]) -> None:
    assert one_job[1] == [5, 5, 5, 4, 4]


def test_two_workers_make_the_same_bytes(one_job: tuple[Path, list[int]], tmp_path: Path) -> None:
    told: list[int] = []
    make_corpus(PLAN, tmp_path / "two", jobs=2, progress=told.append)
    names = files_of(one_job[0])
    assert files_of(tmp_path / "two") == names
    _, differ, missing = filecmp.cmpfiles(one_job[0], tmp_path / "two", names, shallow=False)
    assert not differ
    assert not missing
    assert sum(told) == 23
    assert not multiprocessing.active_children()


def test_an_existing_corpus_is_replaced_only_when_told(tmp_path: Path) -> None:
    tiny = dataclasses.replace(PLAN, subjects=1, frames=1)
    out = tmp_path / "corpus"
    make_corpus(tiny, out, jobs=1)
    before = (out / "corpus.toml").read_bytes()
    other = dataclasses.replace(tiny, seed=9)
    with pytest.raises(CorpusError, match="--overwrite") as refusal:
        make_corpus(other, out, jobs=1)
    assert "\n" not in str(refusal.value)
    assert (out / "corpus.toml").read_bytes() == before
    make_corpus(other, out, jobs=1, overwrite=True)
    assert open_corpus(out).subject[0] == "wild-9-0000"
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.parametrize("jobs", [0, -2])
def test_no_worker_is_refused(jobs: int, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=f"jobs {jobs}: at least one"):
        make_corpus(PLAN, tmp_path / "corpus", jobs=jobs)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failure_leaves_no_folder_and_no_worker(jobs: int, tmp_path: Path) -> None:
    def fail(pictures: int) -> None:
        raise RuntimeError("the disk is on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        make_corpus(PLAN, tmp_path / "corpus", jobs=jobs, progress=fail)
    assert list(tmp_path.iterdir()) == []
    deadline = time.monotonic() + 10
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not multiprocessing.active_children()


def test_a_failing_card_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def card(folder: Path, corpus: Corpus, about: Mapping[str, Any]) -> None:
        raise CorpusError("no card")

    monkeypatch.setattr(module, "write_data_card", card)
    with pytest.raises(CorpusError, match="no card"):
        make_corpus(dataclasses.replace(PLAN, subjects=1, frames=1), tmp_path / "corpus", jobs=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_worker_that_dies_is_one_line(tmp_path: Path) -> None:
    def kill_a_worker(pictures: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    long = dataclasses.replace(PLAN, subjects=12, frames=120)
    with pytest.raises(CorpusError, match="a worker that renders tiny faces died.*fewer --jobs") as refusal:
        make_corpus(long, tmp_path / "corpus", jobs=2, progress=kill_a_worker)
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_workers_leave_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with module._one_thread_each():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a terminal's Ctrl-C is another thing there")
def test_ctrl_c_ends_it_soon_and_leaves_nothing(tmp_path: Path) -> None:
    """As in a terminal: every process of the group gets the signal."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from trainers.corpora.synthesis.make import make_corpus\n"
        "from trainers.corpora.synthesis.plan import CorpusPlan\n"
        "if __name__ == '__main__':\n"
        "    plan = CorpusPlan('long', 6, 6000, size=64)\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        f"        make_corpus(plan, Path({str(tmp_path / 'corpus')!r}), jobs=2)\n"
        "    except KeyboardInterrupt:\n"
        "        sys.exit(130)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[4],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[4])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(4.0)  # the workers draw, and would for a minute
    os.killpg(process.pid, signal.SIGINT)
    start = time.monotonic()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - start < 10
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]
