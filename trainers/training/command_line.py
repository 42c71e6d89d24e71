"""`livefacs train` as a line for the shell: what runs write down, so that people can train them again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable


def train_command(
    recipe: str, corpora: Iterable[str], changes: Iterable[str] = (), **options: str | None
) -> str:
    """Return the command of a training.

    Args:
        recipe: its name, or the path of its file.
        corpora: values of --corpus.
        changes: values of --set.
        options: others by name, in their order; None leaves one out.
    """
    others = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    words = [*repeated("--corpus", corpora), *others, *repeated("--set", changes)]
    return shlex.join(["livefacs", "train", recipe, *words])


def repeated(option: str, values: Iterable[str]) -> list[str]:
    """Return the words of an option that is given once per value."""
    return [word for value in values for word in (option, value)]
