"""Machine code for the few loops that run over every pixel or landmark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function with numba at its first call, without the GIL, and keep the code for the next start.

    Where no folder can be written (a container's user without a home) it is compiled anew at each start.
    """
    return _compiled(function, False)


def compiled_reordering(function: Function) -> Function:
    """Do the same, and let sums be taken in any order: twice as fast where they are what the loop is made of.

    For numbers that are finite.
    """
    return _compiled(function, True)


def _compiled(function: Function, reordering: bool) -> Function:
    try:
        return cast("Function", njit(cache=True, nogil=True, fastmath=reordering)(function))
    except RuntimeError:  # "cannot cache function: no locator available"
        return cast("Function", njit(nogil=True, fastmath=reordering)(function))


@intrinsic
def four_bytes(_: Any, array: Any, at: Any) -> Any:
    """Within compiled code: bytes at, at + 1, at + 2 and at + 3 of a (n,) uint8 array, the first one lowest.

    One load where the processor is little-endian, as all are that LiveFACS runs on. Nothing is checked.
    """

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0]).data
        word = builder.load(builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(32).as_pointer()))
        word.align = 1
        return word

    return types.uint32(array, types.uintp), emit


@intrinsic
def coming(_: Any, array: Any, at: Any) -> Any:
    """Within compiled code: have the processor fetch byte `at` of a (n,) uint8 array, without waiting for it.

    Of a place outside the array nothing comes.
    """

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=args[0]).data
        place, hint = ir.IntType(8).as_pointer(), ir.IntType(32)
        fetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [place, hint, hint, hint]), "llvm.prefetch.p0"
        )
        # To be read (0), into the nearest cache (3), as data (1).
        builder.call(fetch, [builder.gep(data, [args[1]]), hint(0), hint(3), hint(1)])
        return context.get_dummy_value()

    return types.void(array, types.uintp), emit
