"""The licensed corpora by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainers.corpora.corpus import Corpus
from trainers.corpora.licensed import bp4d, bu3dfe, ck_plus, disfa, emotionet, fera2017, sfew, web_faces
from trainers.errors import CorpusError


@dataclass(frozen=True)
class Loader:
    """How one corpus is read.

    Attributes:
        load: takes the corpus' folder and its own options.
        description: one line.
        licence_page: where its owners tell how to obtain it.
    """

    load: Callable[..., Corpus]
    description: str
    licence_page: str

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the options that `load` takes besides the folder."""
        return tuple(inspect.signature(self.load).parameters)[1:]


_BINGHAMTON = "https://www.cs.binghamton.edu/~lijun/Research/3DFE/3DFE_Analysis.html"

LOADERS: dict[str, Loader] = {
    "bp4d": Loader(
        bp4d.load, "BP4D: 41 subjects, eight tasks, AU occurrence and intensity by frame", _BINGHAMTON
    ),
    "fera2017": Loader(
        fera2017.load,
        "FERA 2017: BP4D and BP4D+ in nine views, AU occurrence and intensity by frame",
        "http://sspnet.eu/fera2017challenge-guidelines/",
    ),
    "disfa": Loader(
        disfa.load, "DISFA: 27 subjects, intensity of twelve AUs by frame", "http://mohammadmahoor.com/disfa/"
    ),
    "ck+": Loader(
        ck_plus.load, "CK+: 593 posed sequences, FACS coded at the peak", "http://www.jeffcohn.net/Resources/"
    ),
    "bu-3dfe": Loader(
        bu3dfe.load, "BU-3DFE: 100 subjects, seven expressions, textures or your renders", _BINGHAMTON
    ),
    "sfew": Loader(
        sfew.load, "SFEW 2.0: stills of films with one of seven expressions", "https://cs.anu.edu.au/few/"
    ),
    "emotionet": Loader(
        emotionet.load,
        "EmotioNet: faces from the web, AU occurrence or expression",
        "http://cbcsl.ece.ohio-state.edu/EmotionNetChallenge/",
    ),
    "celeba": Loader(
        web_faces.load_celeba,
        "CelebA: unlabelled faces of some 10,000 people",
        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    ),
    "lfw": Loader(
        web_faces.load_lfw, "LFW: unlabelled faces of 5,749 people", "http://vis-www.cs.umass.edu/lfw/"
    ),
}


def load(name: str, path: str | Path, **options: Any) -> Corpus:
    """Read a licensed corpus from the user's copy.

    Args:
        name: one of `LOADERS`.
        path: its folder.
        options: its own, see its `load`.

    Raises:
        CorpusError: if there is no such corpus or option, or its folder cannot be read.
    """
    if name not in LOADERS:
        raise CorpusError(f"corpus {name!r}: not known; there are {', '.join(LOADERS)}")
    loader = LOADERS[name]
    for option in options:
        if option not in loader.options:
            raise CorpusError(
                f"{name} has no option {option!r}; it has {', '.join(loader.options) or 'none'}"
            )
    try:
        return loader.load(Path(path).expanduser(), **options)
    except OSError as error:
        raise CorpusError(f"{name}: {path} cannot be read ({error})") from error
