"""What scores ask of the vectors of all frames, some of which are in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stages.gathered import need_gb
from framesel.stages.stored_vectors import Vectors, blocks, in_order

if TYPE_CHECKING:
    from framesel.selection.engines.look_alikes import Alike
    from framesel.uncertainty.evidence import ScoreSettings

_ALIKE: Final = 10
"""Frames that look alike, for ``silence``."""

Ints = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """The vectors of the frames that are scored; indexed like an array of them.

    Attributes:
        vectors: Of all frames.
        rows: (n,) those of the frames that are scored.
        exact_below: Where there are more frames, each is compared with some of the others.
        folder: For copies of vectors, meanwhile.
    """

    vectors: Vectors
    rows: Ints
    exact_below: int
    folder: Path

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: Any) -> F32:
        return self.vectors[self.rows[which]]

    def check_memory(self, run: RunSettings) -> None:
        """Makes sure that the memory allowed will do.

        Raises:
            StageError: It will not.
        """
        n, dim = len(self), self.vectors.shape[1]
        if n <= self.exact_below and need_gb(n, dim) > run.memory():
            raise StageError(
                f"comparing {n:,} vectors of {dim} numbers with one another takes about "
                f"{need_gb(n, dim):.1f} GB; run.memory_gb allows {run.memory():.3g}. Raise it, or "
                f"let fewer be compared so (scores.exact_below, {self.exact_below:,})."
            )

    def alike(self, k: int) -> Iterator[Alike]:
        """Each frame with the k that look most like it."""
        from framesel.selection.engines.look_alikes import alike_in_cells, all_alike, cut

        if len(self) <= self.exact_below:
            yield from all_alike(self[:], k)
            return
        cells = cut(self)
        with in_order(self.vectors, self.rows[cells.order], self.folder) as ordered:
            yield from alike_in_cells(cells, ordered, k)


def look_around(
    scene: Scene, served: Sequence[str], chosen: ScoreSettings, count: F32, faint: F32
) -> dict[str, F32]:
    """(n,) what the frames that look alike say: ``neighbours``, and ``typicality`` if it is served.

    Args:
        scene: n frames.
        served: Scores that are wanted.
        chosen: Settings of the scores.
        count: (n,) confident boxes.
        faint: (n,) probability of another object.
    """
    from framesel.uncertainty.silence import held, more_alike
    from framesel.uncertainty.surroundings import typical

    holds, far = held(count, faint), chosen.nearest if "typicality" in served else 0
    found = {"neighbours": np.zeros(len(scene), np.float32)}
    if far:
        found["typicality"] = np.full(len(scene), np.nan, np.float32)
    for rows, near, cosine in scene.alike(max(_ALIKE, far)):
        few = near[:, :_ALIKE]
        found["neighbours"][rows] = more_alike(count[rows], holds[few], cosine[:, :_ALIKE])
        if far:
            found["typicality"][rows] = typical(cosine[:, :far])
    return found


def measure(
    scene: Scene, labelled: F32, served: Sequence[str], chosen: ScoreSettings
) -> dict[str, F32]:
    """(n,) those of ``density``, ``novelty`` and ``variance_reduction`` that are served.

    Args:
        scene: n frames.
        labelled: (l, d) unit rows of what is labelled.
        served: Scores that are wanted.
        chosen: Settings of the scores.
    """
    from framesel.uncertainty.expected_error import Model, gram
    from framesel.uncertainty.surroundings import density_about, novelty

    def density() -> Callable[[F32], F32]:
        mean = sum(block.sum(axis=0, dtype=np.float64) for block in blocks(scene)) / len(scene)
        return lambda block: density_about(mean, block, beta=chosen.beta)

    def variance_reduction() -> Callable[[F32], F32]:
        goals: F64 = np.sum([gram(block) for block in blocks(scene)], axis=0)
        return Model.of(gram(labelled), goals, chosen.noise).gains

    makers: dict[str, Callable[[], Callable[[F32], F32]]] = {
        "density": density,
        "novelty": lambda: lambda block: novelty(block, labelled),
        "variance_reduction": variance_reduction,
    }
    found: dict[str, F32] = {}
    for name in (name for name in served if name in makers):
        score = makers[name]()
        found[name] = np.concatenate([score(block) for block in blocks(scene)])
    return found
