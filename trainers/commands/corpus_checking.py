"""`livefacs corpus check`: is every byte of a corpus folder as it was written, and every picture readable?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from trainers.commands.corpus_folder import CorpusFolder, train_extra
from trainers.commands.corpus_progress import progress_bar

if TYPE_CHECKING:
    from trainers.corpora.images import Images

# Rows handed to the decoding threads at a time.
BATCH = 256


def check(folder: CorpusFolder) -> None:
    """Check the hash of every file and decode every picture; exit status 2 if anything is wrong."""
    from trainers.corpora.store import open_corpus, read_manifest

    start = time.monotonic()
    corpus = open_corpus(folder)
    with train_extra():
        _decode_all(corpus.images)
    typer.echo(
        f"{folder}: {len(corpus)} pictures in {len(read_manifest(folder).files)} files, all as written "
        f"({time.monotonic() - start:.1f} s)"
    )


def _decode_all(images: Images) -> None:
    """Decode every picture, several at a time: decoding leaves Python alone.

    Raises:
        CorpusError: the first one that cannot be read.
    """
    from concurrent.futures import ThreadPoolExecutor

    def decode(row: int) -> None:
        images[row]

    with progress_bar("decoding", len(images), "pictures") as progress, ThreadPoolExecutor() as pool:
        for start in range(0, len(images), BATCH):
            rows = range(start, min(start + BATCH, len(images)))
            for _ in pool.map(decode, rows):
                progress(1)
