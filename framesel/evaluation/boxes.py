"""What is in some pictures, and what a detector found in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """Labelled boxes of n pictures.

    Attributes:
        offsets: (n + 1,) the boxes of picture i are rows offsets[i] to offsets[i + 1].
        xyxy: (t, 4) corners in pixels.
        class_no: (t,) from 0.
    """

    offsets: I64
    xyxy: F32
    class_no: I64

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """A detector's boxes in n pictures.

    Attributes:
        offsets: (n + 1,) as in ``Truth``.
        xyxy: (m, 4) corners in pixels of the same pictures.
        class_no: (m,) numbers of the same classes; -1 for a class that the labels do not have.
        conf: (m,) confidence, 0 to 1.
    """

    offsets: I64
    xyxy: F32
    class_no: I64
    conf: F32

    def __len__(self) -> int:
        return len(self.offsets) - 1
