"""What a row of given values adds to coverage, summed in one fixed order by vector instructions.

A compiler may not reorder a sum of floating-point numbers, so a plain loop adds one term at a time.
Here eight running sums take one term each, in double precision; they are added up by halves, and
the last ``m % 8`` terms follow one by one. The order is the same on every machine (narrower ones
split the vectors, which changes nothing), and :func:`gain_plain` writes it in numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from framesel.selection.vectors.arrays import F32, F64

LANES = 8


def gain_plain(values: F32, row: int, weights: F64, cover: F32) -> float:
    """The same in plain numpy; the oracle of the tests.

    Args:
        values: (n, m) float32.
        row: Whose gain.
        weights: (m,) float64.
        cover: (m,) float32.
    """
    more = values[row].astype(np.float64) - cover.astype(np.float64)
    terms = np.where(more > 0, more, 0.0) * weights
    whole = len(terms) // LANES * LANES
    sums = np.zeros(LANES)
    for low in range(0, whole, LANES):
        sums = sums + terms[low : low + LANES]
    while len(sums) > 1:
        sums = sums[: len(sums) // 2] + sums[len(sums) // 2 :]
    total = float(sums[0])
    for term in terms[whole:]:
        total += float(term)
    return total


def _body(builder: ir.IRBuilder, intp: ir.Type) -> None:
    """Write the instructions into an empty LLVM function (values, weights, cover, m)."""
    values, weights, cover, length = builder.function.args
    singles, doubles = (ir.VectorType(kind(), LANES) for kind in (ir.FloatType, ir.DoubleType))

    def terms(at: ir.Value, single: ir.Type, double: ir.Type, align: int) -> ir.Value:
        """max(0, value - cover) * weight, for one place or for eight."""
        loaded = [
            builder.load(builder.bitcast(builder.gep(p, [at]), kind.as_pointer()), align=bytes_)
            for p, kind, bytes_ in (
                (values, single, 4), (cover, single, 4), (weights, double, align)
            )
        ]  # fmt: skip
        value, known = (builder.fpext(part, double) for part in loaded[:2])
        more = builder.fsub(value, known)
        nothing = ir.Constant(double, [0.0] * LANES if isinstance(double, ir.VectorType) else 0.0)
        positive = builder.fcmp_ordered(">", more, nothing)
        return builder.fmul(builder.select(positive, more, nothing), loaded[2])

    lanes = ir.Constant(intp, LANES)
    sums = cgutils.alloca_once_value(builder, ir.Constant(doubles, [0.0] * LANES))
    blocks = builder.udiv(length, lanes)
    with cgutils.for_range(builder, blocks) as loop:
        found = terms(builder.mul(loop.index, lanes), singles, doubles, 8)
        builder.store(builder.fadd(builder.load(sums), found), sums)
    done = builder.mul(blocks, lanes)
    total = cgutils.alloca_once_value(builder, _halved(builder, builder.load(sums)))
    with cgutils.for_range(builder, builder.sub(length, done)) as loop:
        found = terms(builder.add(done, loop.index), ir.FloatType(), ir.DoubleType(), 8)
        builder.store(builder.fadd(builder.load(total), found), total)
    builder.ret(builder.load(total))


def _halved(builder: ir.IRBuilder, sums: ir.Value) -> ir.Value:
    """Add the lanes of a vector up, half to half."""
    width = LANES
    while width > 1:
        width //= 2
        picked = ir.VectorType(ir.IntType(32), width)
        undefined = ir.Constant(sums.type, ir.Undefined)
        low, high = (
            builder.shuffle_vector(
                sums, undefined, ir.Constant(picked, list(range(start, start + width)))
            )
            for start in (0, width)
        )
        sums = builder.fadd(low, high)
    return builder.extract_element(sums, ir.Constant(ir.IntType(32), 0))


def _gain_of_row(typing: Any, values: Any, row: Any, weights: Any, cover: Any) -> Any:
    """:func:`gain_plain` inside numba kernels; C-contiguous, the index is not checked."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        kinds = signature.args
        matrix, prices, known = (
            context.make_array(kinds[at])(context, builder, args[at]) for at in (0, 2, 3)
        )
        length = cgutils.unpack_tuple(builder, matrix.shape, 2)[1]
        first = builder.gep(matrix.data, [builder.mul(args[1], length)])
        single, double = ir.FloatType(), ir.DoubleType()
        intp = context.get_value_type(types.intp)
        pointers = [single.as_pointer(), double.as_pointer(), single.as_pointer(), intp]
        shape = ir.FunctionType(double, pointers)
        function = cgutils.get_or_insert_function(builder.module, shape, "framesel_gain")
        if function.is_declaration:
            function.linkage = "linkonce_odr"
            _body(ir.IRBuilder(function.append_basic_block("entry")), intp)
        return builder.call(function, [first, prices.data, known.data, length])

    return types.float64(values, types.intp, weights, cover), generate


gain_of_row: Callable[[F32, int, F64, F32], float] = intrinsic(_gain_of_row)
