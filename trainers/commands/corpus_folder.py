"""What the commands on a corpus folder have in common: its argument, and what opening it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from trainers.errors import CorpusError

CorpusFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help="A corpus folder, as `livefacs corpus make` writes it.")
]
# Packages of the extra, by the name of the module that is missing without them.
_EXTRA = {
    "anny",
    "lightning_fabric",
    "matplotlib",
    "onnx",
    "onnxscript",
    "PIL",
    "safetensors",
    "sklearn",
    "threadpoolctl",
    "torch",
}


@contextmanager
def train_extra() -> Iterator[None]:
    """Turn a missing package of the `train` extra into one line that says how to get it.

    Raises:
        CorpusError: instead of the ModuleNotFoundError.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _EXTRA:
            raise
        raise CorpusError(f"{name} is not installed; pip install 'livefacs[train]'") from error
