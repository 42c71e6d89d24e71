"""The papers whose experiments can be run, by the name that the command line has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from trainers.corpora.corpus import Corpus
from trainers.corpora.synthesis.plan import CorpusPlan
from trainers.errors import ProtocolError
from trainers.reports import Report
from trainers.reproduction.progress import Bars
from trainers.reproduction.request import Material, Request

PAPERS = {
    "atf": "trainers.identity_adversarial.reproduction:PAPER",
    "cycleat": "trainers.cycle_attention.reproduction:PAPER",
    "pose-dependent": "trainers.pose_dependent.reproduction:PAPER",
    "qda": "trainers.multilabel_qda.reproduction:PAPER",
    "semi": "trainers.label_adversarial.reproduction:PAPER",
}
"""Name -> "module:object", a `Paper`; only the one that is asked for is imported."""


@dataclass(frozen=True)
class Paper:
    """A paper's experiment.

    Attributes:
        source: authors and venue.
        aus: Action Units of its tables; none of a paper about expressions.
        plans: size -> the open corpora to render where none are named.
        check: refuses a request, before the long work, in one line.
        prepared: gives a corpus the labels that the experiment needs and that can be told from its others.
        licensed: the loader of `trainers.corpora.licensed` that `--bp4d` means; "" of a paper without BP4D.
        faces: whether networks see aligned crops, for which the faces must be found.
        others: size -> the open corpora that are rendered as the second corpus, of papers that have one.
        auxiliaries: likewise for the corpus between both.
        seeds: how many trainings the experiment is, where nothing is said.
        reproduce: trains what is not trained yet, and returns the report. Raises `runs.Interrupted`.
    """

    source: str
    aus: tuple[str, ...]
    plans: Mapping[str, tuple[CorpusPlan, ...]]
    check: Callable[[Request], None]
    prepared: Callable[[Corpus], Corpus]
    reproduce: Callable[[Request, Material, Bars], Report]
    licensed: str = "fera2017"
    faces: bool = False
    others: Mapping[str, tuple[CorpusPlan, ...]] = field(default_factory=dict)
    auxiliaries: Mapping[str, tuple[CorpusPlan, ...]] = field(default_factory=dict)
    seeds: int = 1

    @property
    def sizes(self) -> tuple[str, ...]:
        """Names of the sizes in which the experiment can be run."""
        return tuple(self.plans)


def as_labelled(corpus: Corpus) -> Corpus:
    """Return the corpus itself, for experiments that need no labels but its own."""
    return corpus


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
