"""Many ranges of one object, fetched at once and handed out in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

from framesel.storage import store

GAP: Final = 1 << 15
"""A gap of so many bytes is read through: another request costs more."""

_MOST: Final = 4 << 20
_AT_ONCE: Final = 8


class _Request(NamedTuple):
    """One request, and the ranges that it answers."""

    start: int
    stop: int
    ranges: tuple[tuple[int, int], ...]


def in_order(url: str, ranges: Sequence[tuple[int, int]]) -> Generator[bytes, None, None]:
    """The contents of ranges, one by one; eight requests of at most 4 MiB are under way.

    Args:
        url: The object.
        ranges: (start, stop), rising and apart.
    """
    if not ranges:
        return
    todo = deque(_requests(ranges))
    flying: deque[tuple[_Request, Future[bytes]]] = deque()
    with ThreadPoolExecutor(min(_AT_ONCE, len(todo)), thread_name_prefix="ranges") as pool:
        try:
            while todo or flying:
                while todo and len(flying) < _AT_ONCE:
                    request = todo.popleft()
                    future = pool.submit(store.read, url, request.start, request.stop)
                    flying.append((request, future))
                request, future = flying.popleft()
                content = future.result()
                for start, stop in request.ranges:
                    yield content[start - request.start : stop - request.start]
        finally:
            for _, future in flying:
                future.cancel()


def _requests(ranges: Sequence[tuple[int, int]]) -> Iterator[_Request]:
    """Ranges that lie close together become one request."""
    together: list[tuple[int, int]] = []
    for start, stop in ranges:
        if together and (start - together[-1][1] > GAP or stop - together[0][0] > _MOST):
            yield _Request(together[0][0], together[-1][1], tuple(together))
            together = []
        together.append((start, stop))
    yield _Request(together[0][0], together[-1][1], tuple(together))
