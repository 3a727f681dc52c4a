"""Vectors in tables: fixed-size binary of fp16, which Parquet reads back without a copy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel.tables import PREFIX


def embeddings_schema(dim: int, model: str, tiles: int = 0) -> pa.Schema:
    """Schema of an embeddings table.

    Args:
        dim: Numbers per vector.
        model: Name of the backbone, kept in the table's metadata.
        tiles: Tiles of a frame that have a vector of their own, row by row; 0: no such column.
    """
    return pa.schema(
        [
            ("video_no", pa.int32()),
            ("pts", pa.int64()),
            ("vector", pa.binary(2 * dim)),
            *([("tiles", pa.binary(2 * dim * tiles))] if tiles else []),
        ],
        metadata={
            f"{PREFIX}dim": str(dim),
            f"{PREFIX}dtype": "float16",
            f"{PREFIX}model": model,
            f"{PREFIX}tiles": str(tiles),
        },
    )


def pack_vectors(vectors: npt.NDArray[np.float32]) -> pa.Array:
    """Turns ``(n, dim)`` float32 into a fixed-size binary column of fp16."""
    half = np.ascontiguousarray(vectors, dtype=np.float16)
    width = 2 * half.shape[1]
    return pa.Array.from_buffers(pa.binary(width), len(half), [None, pa.py_buffer(half.tobytes())])


def unpack_vectors(
    column: pa.ChunkedArray | pa.Array, dim: int | None = None
) -> npt.NDArray[np.float32]:
    """Turns a fixed-size binary column of fp16 into ``(n, dim)`` float32, row by row unit length.

    Rounding to fp16 moves the length by up to 1e-3; the rows are scaled back, in float32.

    Args:
        column: n values.
        dim: Numbers per vector, where a value holds several, one after the other; they become
            ``(n, vectors, dim)``.
    """
    halves = unpack_halves(column)
    return units(halves, halves.shape[1])[:, 0] if dim is None else units(halves, dim)


def unpack_halves(column: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.float16]:
    """(n, numbers) float16: a fixed-size binary column as it is stored."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    width = column.type.byte_width // 2
    out = np.empty((len(column), width), np.float16)
    row = 0
    for chunk in chunks:
        flat = np.frombuffer(chunk.buffers()[1], np.float16)
        flat = flat[chunk.offset * width : (chunk.offset + len(chunk)) * width]
        out[row : row + len(chunk)] = flat.reshape(len(chunk), width)
        row += len(chunk)
    return out


def units(halves: npt.NDArray[np.float16], dim: int) -> npt.NDArray[np.float32]:
    """(n, vectors, dim) float32 of unit length, from (n, vectors * dim) as stored."""
    out = halves.astype(np.float32).reshape(len(halves), halves.shape[1] // dim, dim)
    length = np.sqrt(np.einsum("...j,...j->...", out, out))[..., None]
    np.divide(out, length, out=out, where=length > 0)
    return out
