"""One inner product for every decision of this package, equal to the last bit everywhere.

A matrix product may sum in any order: its result depends on the shape of the block it is part of,
on the number of threads and on the library. Whether two frames are duplicates must not. So products
of BLAS only ever rule pairs out (with a margin for rounding, see :func:`rounding_margin`), and what
they leave is decided by :func:`dot_rows`: float32, a fixed order of additions, no fused
multiply-add.

The order: sixty-four running sums (four vectors of sixteen lanes), then a tree over them, then the
last ``d % 16`` terms one by one. :func:`dots` is the same in plain numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

from framesel.selection.vectors.arrays import F32

LANES = 16
"""Lanes of one vector; narrower machines split it, which changes no result."""

ROWS = 4
"""Independent running vectors, so that additions need not wait for one another."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def kernel(function: _Function) -> _Function:
    """Compile with numba: cached on disk, strict IEEE arithmetic, no interpreter lock held."""
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def rounding_margin(dim: int, unit_error: float = 0.0) -> float:
    """What two float32 inner products of the same two rows can differ by, generously.

    Args:
        dim: Length of the rows.
        unit_error: Largest deviation of a row's norm from one.

    Returns:
        A bound on the cosine's error that covers the textbook bound ``d * 2**-24`` of both sums, of
        a projection before them, and the rows' deviation from unit length.
    """
    return 4.0 * dim * 2.0**-24 + 1e-5 + 3.0 * unit_error


def dots(rows: F32, row: F32) -> F32:
    """Inner products of many rows with one row, each bit equal to :func:`dot_rows`.

    Args:
        rows: (n, d) float32.
        row: (d,) float32.

    Returns:
        (n,) float32.
    """
    products = rows * row
    n, dim = products.shape
    sums = [np.zeros((n, LANES), np.float32) for _ in range(ROWS)]
    at = 0
    while at + LANES * ROWS <= dim:
        for which in range(ROWS):
            low = at + which * LANES
            sums[which] = sums[which] + products[:, low : low + LANES]
        at += LANES * ROWS
    while at + LANES <= dim:
        sums[0] = sums[0] + products[:, at : at + LANES]
        at += LANES
    tree = (sums[0] + sums[1]) + (sums[2] + sums[3])
    while tree.shape[1] > 1:
        half = tree.shape[1] // 2
        tree = tree[:, :half] + tree[:, half:]
    total: F32 = tree[:, 0]
    for column in range(at, dim):
        total = total + products[:, column]
    return total


def _body(builder: ir.IRBuilder, intp: ir.Type) -> None:
    """Write the instructions of the inner product into an empty LLVM function (a, b, d)."""
    a, b, dim = builder.function.args
    vector = ir.VectorType(ir.FloatType(), LANES)

    def number(value: int) -> ir.Constant:
        return ir.Constant(intp, value)

    def add_product(total: ir.Value, at: ir.Value) -> None:
        left, right = (
            builder.load(builder.bitcast(builder.gep(p, [at]), vector.as_pointer()), align=4)
            for p in (a, b)
        )
        builder.store(builder.fadd(builder.load(total), builder.fmul(left, right)), total)

    zero = ir.Constant(vector, [0.0] * LANES)
    sums = [cgutils.alloca_once_value(builder, zero) for _ in range(ROWS)]
    wide = builder.udiv(dim, number(LANES * ROWS))
    with cgutils.for_range(builder, wide) as loop:
        base = builder.mul(loop.index, number(LANES * ROWS))
        for which in range(ROWS):
            add_product(sums[which], builder.add(base, number(which * LANES)))
    done = builder.mul(wide, number(LANES * ROWS))
    narrow = builder.udiv(builder.sub(dim, done), number(LANES))
    with cgutils.for_range(builder, narrow) as loop:
        add_product(sums[0], builder.add(done, builder.mul(loop.index, number(LANES))))
    done = builder.add(done, builder.mul(narrow, number(LANES)))
    total = cgutils.alloca_once_value(builder, _tree(builder, sums))
    with cgutils.for_range(builder, builder.sub(dim, done)) as loop:
        at = builder.add(done, loop.index)
        left, right = (builder.load(builder.gep(p, [at])) for p in (a, b))
        builder.store(builder.fadd(builder.load(total), builder.fmul(left, right)), total)
    builder.ret(builder.load(total))


def _tree(builder: ir.IRBuilder, sums: list[ir.Value]) -> ir.Value:
    """Add the running vectors up: pairs of vectors, then halves of the one that is left."""
    one, two, three, four = (builder.load(total) for total in sums)
    tree = builder.fadd(builder.fadd(one, two), builder.fadd(three, four))
    width = LANES
    while width > 1:
        width //= 2
        lanes = ir.VectorType(ir.IntType(32), width)
        undefined = ir.Constant(tree.type, ir.Undefined)
        low, high = (
            builder.shuffle_vector(
                tree, undefined, ir.Constant(lanes, list(range(start, start + width)))
            )
            for start in (0, width)
        )
        tree = builder.fadd(low, high)
    return builder.extract_element(tree, ir.Constant(ir.IntType(32), 0))


def _row(context: Any, builder: ir.IRBuilder, kind: Any, value: Any, index: Any) -> Any:
    """Pointer to the first element of a row of a C-contiguous matrix, and the row's length."""
    array = context.make_array(kind)(context, builder, value)
    dim = cgutils.unpack_tuple(builder, array.shape, 2)[1]
    return builder.gep(array.data, [builder.mul(index, dim)]), dim


def _dot_rows(typing: Any, a: Any, i: Any, b: Any, j: Any) -> Any:
    """``a[i] @ b[j]`` inside numba kernels; float32, C-contiguous, indices not checked."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        kind_a, _, kind_b, _ = signature.args
        intp = context.get_value_type(types.intp)
        left, dim = _row(context, builder, kind_a, args[0], args[1])
        right, _ = _row(context, builder, kind_b, args[2], args[3])
        pointer = ir.FloatType().as_pointer()
        shape = ir.FunctionType(ir.FloatType(), [pointer, pointer, intp])
        function = cgutils.get_or_insert_function(builder.module, shape, "framesel_dot")
        if function.is_declaration:
            function.linkage = "linkonce_odr"
            _body(ir.IRBuilder(function.append_basic_block("entry")), intp)
        return builder.call(function, [left, right, dim])

    return types.float32(a, types.intp, b, types.intp), generate


dot_rows: Callable[[F32, int, F32, int], np.float32] = intrinsic(_dot_rows)
