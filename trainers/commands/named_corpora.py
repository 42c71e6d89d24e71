"""The labelled corpora that a command line names, one or several, and where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainers.corpora.corpus import Corpus
    from trainers.training.run_folder import CorpusOrigin


def read_corpus(name: str) -> tuple[Corpus, bool]:
    """Return the corpus that a command line names, and whether its pictures are renders.

    Args:
        name: a folder of the open corpus, or NAME:FOLDER of a licensed one.

    Raises:
        CorpusError: no such loader, or the folder holds no such corpus.
    """
    from trainers.corpora.licensed import LOADERS, load
    from trainers.errors import CorpusError

    loader, colon, folder = name.partition(":")
    if colon and loader.lower() in LOADERS:
        return load(loader.lower(), folder), False
    if colon and len(loader) > 1 and not Path(name).exists():  # one letter is a drive
        raise CorpusError(
            f"corpus {name}: no loader is named {loader!r}; there are {', '.join(LOADERS)}. "
            "A corpus of `livefacs corpus make` is named by its folder"
        )
    from trainers.corpora.store import open_corpus

    return open_corpus(Path(name), verify=True), True


def read_corpora(names: Sequence[str]) -> tuple[list[Corpus], list[CorpusOrigin]]:
    """Return the corpora, and where they came from: of open ones with the manifest's sha256 and the licence.

    Raises:
        CorpusError: as `read_corpus`.
    """
    from trainers.corpora.store import MANIFEST_NAME, read_manifest
    from trainers.training.run_folder import CorpusOrigin

    parts, origins = [], []
    for name in names:
        corpus, rendered = read_corpus(name)
        origin = CorpusOrigin(name=corpus.name, source=name)
        if rendered:
            folder = Path(name)
            origin = CorpusOrigin(
                name=corpus.name,
                source=name,
                manifest=hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest(),
                licence=read_manifest(folder).licence,
            )
        parts.append(corpus)
        origins.append(origin)
    return parts, origins


def common_aus(parts: Sequence[Corpus]) -> list[str]:
    """Return the AUs that all corpora label, in the order of the first.

    Raises:
        CorpusError: there are AUs, but none in common.
    """
    from trainers.errors import CorpusError

    aus = [au for au in parts[0].aus if all(au in part.aus for part in parts)]
    if not aus and any(part.aus for part in parts):
        listed = "; ".join(f"{part.name}: {', '.join(part.aus) or 'none'}" for part in parts)
        raise CorpusError(f"the corpora have no AU in common ({listed}): train on fewer of them")
    return aus


def joined_corpora(parts: Sequence[Corpus]) -> Corpus:
    """Return several corpora as one, named after all of them."""
    from trainers.corpora.corpus import join

    return parts[0] if len(parts) == 1 else join(" + ".join(part.name for part in parts), parts)
