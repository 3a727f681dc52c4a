"""Search by similarity: from a frame, or from a picture of the reviewer's own."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from framesel.desk.decided import Decided
from framesel.desk.desk import Desk
from framesel.desk.read import check
from framesel.desk.replies import told
from framesel.errors import UsageError
from framesel.stages.embeddings import backbone_of

MOST_HITS = 200
MOST_PIXELS = 64_000_000
"""Of a picture that is dropped in: a few bytes can ask for gigabytes."""

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
LONG_SIDE_PX = 640
QUALITY = 90

F32 = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]


def router(desk: Desk) -> APIRouter:
    """Both searches."""
    api = APIRouter(prefix="/api")
    model = Model(desk)

    @api.get("/similar/{row}")
    def to_frame(row: int, k: int = 60) -> Response:
        view = desk.now
        check(view, row)
        if not view.vectors.there[row]:
            raise HTTPException(404, "this frame has no vector: nothing can be compared with it")
        return told(_hits(desk, view, view.vectors[row], k, without=row))

    @api.post("/similar")
    async def to_picture(request: Request, k: int = 60) -> Response:
        body = await request.body()
        return await run_in_threadpool(_like, desk, model, body, k)

    return api


class Model:
    """The backbone that the frames' vectors come from; loaded when it is first needed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._model: Callable[[list[Image]], F32] | None = None

    def vector(self, content: bytes) -> F32:
        """(d,) unit length: a picture, shrunk as frames are and seen as they are.

        Raises:
            UsageError: The bytes are no picture, or one that is too large.
            WeightsError: The backbone's weights are not there any more.
        """
        with self._lock:  # one picture at a time: each may take hundreds of megabytes
            image = opened(content)
            if self._model is None:
                view = self._desk.base
                self._model = backbone_of(view.workspace, view.keys["embeddings"], view.run)
            found: F32 = self._model([image])[0]
        return found


def opened(content: bytes) -> Image:
    """(h, w, 3) uint8 RGB, upright and small, from bytes that nobody vouches for.

    Raises:
        UsageError: They are no picture, a damaged one, or one that is too large.
    """
    from PIL import Image as Pillow
    from PIL import ImageOps

    from framesel.video import jpeg

    broken = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sizes are checked below, with words of our own
            picture = Pillow.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise UsageError(
                f"that picture has {picture.width} x {picture.height} pixels; "
                f"{MOST_PIXELS // 1_000_000} million are the most: make it smaller"
            )
        picture.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))  # decodes large JPEGs smaller
        image = np.array(ImageOps.exif_transpose(picture).convert("RGB"))
    except (*broken, ImportError, Pillow.DecompressionBombError) as error:
        raise UsageError(
            f"that is no picture that can be read ({type(error).__name__}): "
            "drop a JPEG, PNG, BMP, TIFF or WebP"
        ) from None
    return jpeg.decode(jpeg.encode(image, QUALITY, long_side=LONG_SIDE_PX))


def _like(desk: Desk, model: Model, body: bytes, k: int) -> Response:
    vector = model.vector(body)
    return told(_hits(desk, desk.now, vector, k))


def _hits(
    desk: Desk, view: Decided, vector: F32, k: int, without: int | None = None
) -> dict[str, Any]:
    """The most similar frames, the nearest first, as they are after a decision."""
    cosines = view.vectors.cosines(vector)
    if without is not None:
        cosines[without] = -np.inf
    most = max(1, min(k, MOST_HITS, len(cosines)))
    best = np.argpartition(-cosines, most - 1)[:most]
    best = best[np.argsort(-cosines[best], kind="stable")]
    best = best[np.isfinite(cosines[best])]
    found = desk.cards(view, best.tolist())
    hits = [
        {"card": card, "cos": round(float(cosines[row]), 4)}
        for card, row in zip(found, best.tolist(), strict=True)
    ]
    return {"seq": view.history.last, "hits": hits}
