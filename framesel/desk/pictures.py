"""Pictures of frames for a browser: small or whole, with what must not be seen blurred."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from framesel.desk.decided import Decided
from framesel.rounds.decisions import Box

SIDES = (160, 320, 640)
"""Longer sides, in pixels, that small pictures are kept at; 0 is the stored one."""

SMALL_BYTES = 64_000_000
LARGE_COUNT = 32
LARGE_BYTES = 256_000_000
AT_ONCE = 2
"""Frames that are decoded again at the same time."""

QUALITY = {0: 90, 160: 75, 320: 80, 640: 85}


class Shelf:
    """Bytes that were used last, up to a size. May be asked from several threads.

    Args:
        most_bytes: Of all that is kept.
        most: How many are kept.
    """

    def __init__(self, most_bytes: int, most: int = 1 << 30) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making = [threading.Lock() for _ in range(16)]

    def get(self, key: Hashable, make: Callable[[], bytes | None]) -> bytes | None:
        """What is kept under a key, or what ``make`` makes: by one thread, however many ask."""
        with self._making[hash(key) % len(self._making)]:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            made = make()
            if made is not None:
                self._keep(key, made)
            return made

    def _keep(self, key: Hashable, made: bytes) -> None:
        with self._lock:
            self._kept[key] = made
            self._bytes += len(made)
            while len(self._kept) > self._most or self._bytes > self._most_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped)

    @property
    def held(self) -> tuple[int, int]:
        """How many are kept, and their bytes."""
        with self._lock:
            return len(self._kept), self._bytes


@dataclass(frozen=True)
class Pictures:
    """Makes JPEGs of frames and keeps those that were asked for last."""

    small: Shelf = field(default_factory=lambda: Shelf(SMALL_BYTES))
    large: Shelf = field(default_factory=lambda: Shelf(LARGE_BYTES, LARGE_COUNT))
    _decoders: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    def thumb(self, view: Decided, row: int, side: int) -> bytes | None:
        """The stored picture, made smaller; None where there is none any more.

        Args:
            view: Says what is blurred.
            row: Of the frame.
            side: Pixels of the longer side; 0: as it is stored.
        """
        blurs = blurs_of(view, row)
        side = next((s for s in SIDES if 0 < side <= s), 0)
        return self.small.get((row, side, blurs), lambda: _small(view, row, side, blurs))

    def frame(self, view: Decided, row: int) -> bytes | None:
        """The whole frame at full resolution.

        Raises:
            MediaError: Its video is gone or cannot be decoded any more.
        """
        blurs = blurs_of(view, row)
        return self.large.get((row, blurs), lambda: self._large(view, row, blurs))

    def _large(self, view: Decided, row: int, blurs: tuple[Box, ...]) -> bytes:
        from framesel.video import jpeg
        from framesel.video.blur import blurred

        with self._decoders:
            return jpeg.encode(blurred(view.picture(row), blurs), QUALITY[0], long_side=None)


def blurs_of(view: Decided, row: int) -> tuple[Box, ...]:
    """What is blurred in a frame."""
    return view.verdicts.blurs.get(view.key(row), ())


def _small(view: Decided, row: int, side: int, blurs: tuple[Box, ...]) -> bytes | None:
    from framesel.video import jpeg
    from framesel.video.blur import blurred

    stored = view.jpeg(row)
    if stored is None or (side == 0 and not blurs):
        return stored
    # Blurred before it is made smaller, as the export is.
    image = blurred(jpeg.decode(stored), blurs)
    return jpeg.encode(image, QUALITY[side], long_side=side or None)
