"""The forms in which a bundle's networks can be run: what a precision, a backend or `torch` stands for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engines.backends import backend_names, converted_precisions
from realtime.errors import OptionError

if TYPE_CHECKING:
    from engines.bundle import Bundle
    from engines.engine import Engine

TORCH = "torch"
"""The networks that the bundle was exported from, out of their training run."""


def engines_of(bundle: Bundle, form: str, run: Path | None = None) -> Callable[[str], Engine]:
    """Return a function from the file name of a network of the bundle to an engine of it, not yet loaded.

    Args:
        form: a precision of the bundle, a backend, or "torch". A backend runs the precision that it makes
            by itself, else the first that the bundle has.
        run: folder of the training run that the bundle was exported from; only "torch" needs it.

    Raises:
        OptionError: no such form, or "torch" without a run.
        LiveFacsError: the run is none, or not this bundle's.
    """
    if form == TORCH:
        if run is None:
            raise OptionError(
                f"form 'torch': add --run RUN, the folder of the training run that bundle {bundle.path} "
                "was exported from"
            )
        from trainers.training.run_engines import run_engines  # with torch, which takes seconds

        return run_engines(run, bundle)
    if form in backend_names():
        precision = (*converted_precisions(form), bundle.precisions[0])[0]
        return partial(bundle.engine, backend=form, precision=precision)
    if form in bundle.precisions:
        return partial(bundle.engine, precision=form)
    known = ", ".join((*bundle.precisions, *backend_names()))
    raise OptionError(f"form {form!r}: bundle {bundle.path} has {known}, torch (with --run)")
