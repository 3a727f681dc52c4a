"""Which file a label file means by the name of a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from framesel.annotation.files import safe_name
from framesel.annotation.outside.picture_files import ENDINGS, files_below
from framesel.errors import LabelsError, UsageError

Tail = tuple[str, ...]


class PicturePaths:
    """The pictures below a folder, to be found by names that carry more or fewer folders.

    Args:
        folder: Links that lead out of it are passed over.

    Raises:
        UsageError: There is no such folder, or no picture in it.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder: name the one that holds the pictures")
        self.folder = folder
        self.paths = tuple(files_below(folder, folder, ENDINGS))
        if not self.paths:
            raise UsageError(f"{folder} holds no pictures ({', '.join(ENDINGS)})")
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in self.paths:
            self._by_name[path.name].append(path)
            self._by_stem[path.stem].append(path)

    def find(self, name: str, where: str) -> Path | None:
        """The picture whose path ends as the name does, in as many folders as possible.

        ``a/b/x.jpg`` is found as ``a/b/x.jpg``, else as ``b/x.jpg``, else as ``x.jpg``; then
        without regard to the ending (``x.png``).

        Returns:
            None where there is none.

        Raises:
            LabelsError: Two or more would do equally well.
        """
        wanted = PurePosixPath(safe_name(name, where))
        for known, last in ((self._by_name, wanted.name), (self._by_stem, wanted.stem)):
            found = self._agreeing(known, wanted.parent.parts, last)
            if len(found) > 1:
                told = ", ".join(repr(str(p.relative_to(self.folder))) for p in found[:3])
                raise LabelsError(f"{where}: {name!r} could be any of {told}")
            if found:
                return found[0]
        return None

    def _agreeing(self, known: Mapping[str, list[Path]], folders: Tail, last: str) -> list[Path]:
        """Those of the name that agree in most folders; more than one if they agree equally."""
        paths = known.get(last, [])
        if len(paths) < 2:
            return paths
        agree = [_common(p.relative_to(self.folder).parent.parts, folders) for p in paths]
        best = max(agree)
        likest = [p for p, depth in zip(paths, agree, strict=True) if depth == best]
        exact = [p for p in likest if p.relative_to(self.folder).parent.parts == folders]
        return exact or likest


def _common(one: Tail, other: Tail) -> int:
    """How many of their last parts are the same."""
    depth = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        depth += 1
    return depth
