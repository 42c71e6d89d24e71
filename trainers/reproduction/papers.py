"""The papers whose experiments can be run, by the name that the command line has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from trainers.corpora.corpus import Corpus
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import ProtocolError
from trainers.reports import Report
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request

PAPERS = {
    "pose-dependent": "trainers.pose_dependent.reproduction:PAPER",
}
"""Name -> "module:object", a `Paper`; only the one that is asked for is imported."""


@dataclass(frozen=True)
class Paper:
    """A paper's experiment.

    Attributes:
        source: authors and venue.
        aus: Action Units of its tables.
        plans: size -> the open corpora to render where none are named.
        check: refuses a request, before the long work, in one line.
        prepared: gives a corpus the labels that the experiment needs and that can be told from its others.
        reproduce: trains what is not trained yet, and returns the report. Raises `runs.Interrupted`.
    """

    source: str
    aus: tuple[str, ...]
    plans: Mapping[str, tuple[CorpusPlan, ...]]
    check: Callable[[Request], None]
    prepared: Callable[[Corpus], Corpus]
    reproduce: Callable[[Request, Material, Bars], Report]

    @property
    def sizes(self) -> tuple[str, ...]:
        """Names of the sizes in which the experiment can be run."""
        return tuple(self.plans)


def paper_named(name: str) -> Paper:
    """Return a paper of `PAPERS`.

    Raises:
        ProtocolError: there is none of that name.
    """
    if name not in PAPERS:
        raise ProtocolError(f"paper {name!r}: not known; choose of {', '.join(PAPERS)}")
    module, _, attribute = PAPERS[name].partition(":")
    paper = getattr(import_module(module), attribute)
    assert isinstance(paper, Paper)
    return paper
