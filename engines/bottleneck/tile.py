"""The innermost step: a tile of a pointwise convolution, its sums kept in the processor's registers.

numba's own vectoriser keeps no sums in registers over a loop, which halves the rate (55-85 against 110-125
multiplications per nanosecond on an AVX-512 core whose limit is 128). So this one step is written in LLVM's
language, by numba's documented way to do so (https://numba.readthedocs.io/en/stable/extending/low-level.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _registers() -> tuple[int, int]:
    """Return how many floats a vector register holds, and how many such registers there are."""
    try:
        features = binding.get_host_cpu_features()
    except RuntimeError:  # LLVM cannot tell on this system
        features = {}
    if features.get("avx512f"):
        return 16, 32
    return (8, 16) if features.get("avx") else (4, 16 if features.get("sse2") else 32)


LANES, _COUNT = _registers()
CHANNELS = 8 if _COUNT == 32 else 4
"""Output channels of a tile. With three vectors of pixels each, these sums nearly fill the registers."""
WIDE, NARROW = 3, 1
"""Vectors of pixels in the two tiles: for most of a picture, and for its end."""

_FLOAT, _INT, _LANE = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, LANES)


def make_tile(vectors: int) -> Callable[..., None]:
    """Return a function for compiled code that computes `vectors * LANES` pixels of CHANNELS channels.

    It does out = PReLU(bias + sum over k of weights[k] taps[k]), or with the old `out` added to the sum:

        tile(taps, first, offsets, weights, bias, slope, out, at, stride, add)

        taps: (n,) float32; the pixels of tap k begin at first + offsets[k].
        offsets: (K,) int64, K > 0.
        weights: (K * CHANNELS,) float32, channels innermost.
        bias, slope: (CHANNELS or more,) float32; slope: of PReLU, for negative sums.
        out: (n,) float32; channel c begins at at + c * stride.
        add: whether to add what `out` holds.

    Nothing is checked: whoever calls it answers for the bounds.
    """

    @intrinsic
    def tile(
        _: Any, taps: Any, first: Any, offsets: Any, weights: Any, bias: Any, slope: Any, out: Any, at: Any,
        stride: Any, add: Any,
    ) -> Any:  # fmt: skip
        signature = types.void(
            taps, types.intp, offsets, weights, bias, slope, out, types.intp, types.intp, types.boolean
        )
        return signature, lambda context, builder, sig, args: _emit(vectors, context, builder, sig, args)

    return tile  # type: ignore[no-any-return]


def _emit(vectors: int, context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
    """Write the tile's instructions where `builder` stands."""
    arrays = {
        name: cgutils.create_struct_proxy(signature.args[i])(context, builder, value=args[i])
        for name, i in {"taps": 0, "offsets": 2, "weights": 3, "bias": 4, "slope": 5, "out": 6}.items()
    }
    taps, weights, out = (arrays[name].data for name in ("taps", "weights", "out"))
    first, at, stride, add = args[1], args[7], args[8], args[9]
    multiply_add = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), f"llvm.fmuladd.v{LANES}f32"
    )
    rows = [builder.add(at, builder.mul(stride, _int(c))) for c in range(CHANNELS)]
    places = [builder.add(row, _int(v * LANES)) for row in rows for v in range(vectors)]

    biases = [_spread(builder, arrays["bias"].data, _int(c)) for c in range(CHANNELS) for _ in range(vectors)]
    with builder.if_else(add) as (added, fresh):
        with added:
            sums = [builder.fadd(b, _load(builder, out, p)) for b, p in zip(biases, places, strict=True)]
            added_block = builder.block
        with fresh:
            fresh_block = builder.block
    sums = [_choice(builder, added_block, s, fresh_block, b) for s, b in zip(sums, biases, strict=True)]

    before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(_INT)
    running = [builder.phi(_VECTOR) for _ in sums]
    begin = builder.add(first, builder.load(builder.gep(arrays["offsets"].data, [k])))
    pixels = [_load(builder, taps, builder.add(begin, _int(v * LANES))) for v in range(vectors)]
    weight = builder.mul(k, _int(CHANNELS))
    totals = []
    for c in range(CHANNELS):
        w = _spread(builder, weights, builder.add(weight, _int(c)))
        totals += [
            builder.call(multiply_add, [w, pixels[v], running[c * vectors + v]]) for v in range(vectors)
        ]
    following = builder.add(k, _int(1))
    for phi, start, turn in zip((k, *running), (_int(0), *sums), (following, *totals), strict=True):
        phi.add_incoming(start, before)
        phi.add_incoming(turn, loop)
    count = builder.extract_value(arrays["offsets"].shape, 0)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, after)

    builder.position_at_end(after)
    zero = ir.Constant(_VECTOR, [0.0] * LANES)
    for c in range(CHANNELS):
        steep = _spread(builder, arrays["slope"].data, _int(c))
        for v in range(vectors):
            total = totals[c * vectors + v]
            positive = builder.fcmp_ordered(">", total, zero)
            _store(
                builder,
                builder.select(positive, total, builder.fmul(steep, total)),
                out,
                places[c * vectors + v],
            )
    return context.get_dummy_value()


def _int(value: int) -> ir.Constant:
    return ir.Constant(_INT, value)


def _pointer(builder: ir.IRBuilder, base: Any, index: Any) -> Any:
    return builder.bitcast(builder.gep(base, [index]), _VECTOR.as_pointer())


def _load(builder: ir.IRBuilder, base: Any, index: Any) -> Any:
    value = builder.load(_pointer(builder, base, index))
    value.align = 4
    return value


def _store(builder: ir.IRBuilder, value: Any, base: Any, index: Any) -> None:
    builder.store(value, _pointer(builder, base, index)).align = 4


def _spread(builder: ir.IRBuilder, base: Any, index: Any) -> Any:
    """Return a vector with the same float in every lane."""
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    value = builder.insert_element(nothing, builder.load(builder.gep(base, [index])), ir.Constant(_LANE, 0))
    return builder.shuffle_vector(value, nothing, ir.Constant(ir.VectorType(_LANE, LANES), [0] * LANES))


def _choice(builder: ir.IRBuilder, one_block: Any, one: Any, other_block: Any, other: Any) -> Any:
    value = builder.phi(_VECTOR)
    value.add_incoming(one, one_block)
    value.add_incoming(other, other_block)
    return value
