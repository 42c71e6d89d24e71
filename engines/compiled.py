"""Machine code for the few loops that run over every pixel or landmark."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function with numba at its first call, without the GIL, and keep the code for the next start.

    Where no folder can be written (a container's user without a home) it is compiled anew at each start.
    """
    try:
        return cast("Function", njit(cache=True, nogil=True)(function))
    except RuntimeError:  # "cannot cache function: no locator available"
        return cast("Function", njit(nogil=True)(function))
