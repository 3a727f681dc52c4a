"""Identity of a video by its content."""

import hashlib

from framesel.errors import ProbeError
from framesel.storage.place import Place
from framesel.video.container import regular_size_bytes
from framesel.video.picture import list_pictures

_CHUNK = 1 << 20
_SAMPLES = 16
_SAMPLE_BYTES = 1 << 16


def content_digest(path: Place, *, full: bool = False) -> str:
    """Digest of a file, or of the images of a folder in natural order.

    Without `full` it covers the size, the first and last megabyte and sixteen samples of 64 KiB
    between them: enough to tell recordings apart and to see a truncated copy, at a cost that does
    not grow with the file. An edit of a few bytes elsewhere goes unseen; `full` reads every byte.

    Args:
        path: A file or a folder of images.
        full: Read everything.

    Returns:
        64 hex digits.

    Raises:
        ProbeError: If something cannot be read.
    """
    digest = hashlib.sha256(b"full" if full else b"sampled")
    try:
        if path.is_dir():
            for picture in list_pictures(path):
                digest.update(picture.name.encode("utf-8", "surrogateescape") + b"\0")
                digest.update(bytes.fromhex(content_digest(picture, full=full)))
        else:
            _digest_file(path, regular_size_bytes(path), digest, full)
    except OSError as error:
        raise ProbeError(f"{path}: cannot be read ({error.strerror}).") from error
    return digest.hexdigest()


def _digest_file(path: Place, size: int, digest: "hashlib._Hash", full: bool) -> None:
    digest.update(size.to_bytes(8, "big"))
    with path.open("rb") as file:
        if full or size <= 2 * _CHUNK + _SAMPLES * _SAMPLE_BYTES:
            while block := file.read(_CHUNK):
                digest.update(block)
            return
        digest.update(file.read(_CHUNK))
        span = size - 2 * _CHUNK - _SAMPLE_BYTES
        for k in range(_SAMPLES):
            file.seek(_CHUNK + span * k // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
        file.seek(size - _CHUNK)
        digest.update(file.read(_CHUNK))
