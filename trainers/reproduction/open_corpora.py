"""The open corpora of a reproduction: rendered once, then found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from trainers.corpora.store import read_manifest
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import CorpusError
from trainers.reproduction.progress import Bars


def open_corpora(plans: Sequence[CorpusPlan], folder: Path, jobs: int | None, bars: Bars) -> list[Path]:
    """Return a folder for each plan, rendered if it is not there yet.

    Raises:
        CorpusError: another corpus is there, or this one cannot be rendered.
    """
    made = []
    for plan in plans:
        path = folder / plan.name
        if path.exists():
            _check_same(path, plan)
        else:
            _render(plan, path, jobs, bars)
        made.append(path)
    return made


def _check_same(path: Path, plan: CorpusPlan) -> None:
    there = {"habits": 0.0} | read_manifest(path).plan
    for key, value in asdict(plan).items():
        if there.get(key) != value:
            raise CorpusError(
                f"corpus {path}: was rendered with {key} {there.get(key)}, this reproduction needs {value}: "
                "name another --out, or remove the corpus to render it again"
            )


def _render(plan: CorpusPlan, path: Path, jobs: int | None, bars: Bars) -> None:
    from trainers.corpora.synthesis.make import make_corpus

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(f"--out {path.parent}: cannot be made ({error.strerror}): name another") from error
    with bars.doing(f"rendering {plan.name}", plan.frames, "pictures") as progress:
        make_corpus(plan, path, jobs=jobs, progress=progress)
