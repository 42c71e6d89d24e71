"""What is asked of a reproduction, and what it is run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from trainers.corpora.corpus import Corpus
from trainers.evaluation import Tracked
from trainers.training.picture_cache import PictureCache
from trainers.training.run_folder import CorpusOrigin


@dataclass(frozen=True)
class Request:
    """What the command line says.

    Attributes:
        out: folder for everything.
        size: one of the paper's sizes.
        aus: Action Units to train and compare, in the order of the tables.
        seeds: of the trainings, one or more; the first also of the bootstrap.
        changes: "KEY=VALUE" of the recipes, the same for all models.
        device: "auto", "cpu" or "cuda".
        jobs: processes that render and threads that read pictures; None: one per core.
    """

    out: Path
    size: str
    aus: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    changes: tuple[str, ...] = ()
    device: str = "auto"
    jobs: int | None = None

    @property
    def corpora(self) -> Path:
        """Folder of the corpora that were rendered for it."""
        return self.out / "corpora"

    @property
    def faces(self) -> Path:
        """Folder of what the tracker found in the corpora."""
        return self.out / "faces"

    @property
    def runs(self) -> Path:
        """Folder of the trained networks."""
        return self.out / "runs"

    @property
    def report(self) -> Path:
        """Folder of the report."""
        return self.out / "report"


@dataclass(frozen=True, eq=False)
class Material:
    """What the networks are trained and tested on.

    Attributes:
        corpus: all corpora as one.
        origins: where each came from.
        rendered: whether they are renders of the open corpus.
        tracked: the corpus' faces, of papers whose networks see aligned crops.
        cache: its pictures that were read already, for the networks that see them alike.
        other: a second corpus, of papers that go from one to another.
        auxiliary: a corpus between both, of which nothing but the pictures is used.
    """

    corpus: Corpus
    origins: tuple[CorpusOrigin, ...]
    rendered: bool
    tracked: Tracked | None = None
    cache: PictureCache = field(default_factory=PictureCache)
    other: Material | None = None
    auxiliary: Material | None = None
