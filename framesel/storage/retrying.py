"""Tries again what a busy network or server broke, and nothing else."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from framesel.errors import StorageError

T = TypeVar("T")

ATTEMPTS: Final = 8
"""How often one operation is tried in all."""

FIRST_WAIT_S = 0.25
"""Before the second attempt; each further wait is up to twice as long."""

LONGEST_WAIT_S: Final = 15.0

# What says that asking again would give the same answer.
_FINAL = (
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
    FileExistsError,
)
_FINAL_NAMES = frozenset(
    "NoCredentialsError PartialCredentialsError CredentialRetrievalError ParamValidationError "
    "DefaultCredentialsError ClientAuthenticationError ProfileNotFound InvalidRegionError".split()
)
# Libraries whose errors are those of a transport. What else is raised is a mistake of ours.
_TRANSPORTS = frozenset(
    "botocore aiobotocore aiohttp s3fs gcsfs google azure adlfs requests urllib3 fsspec".split()
)


class TruncatedError(OSError):
    """Fewer bytes came than were promised."""


def retried(what: str, url: str, do: Callable[[], T]) -> T:
    """Does something with an object store, several times if need be.

    Args:
        what: For messages: "read", "listed", …
        url: Likewise.
        do: May be called several times.

    Raises:
        FileNotFoundError: There is no such object or bucket.
        PermissionError: The store refuses.
        StorageError: Nothing helped, or nothing would: no credentials.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return do()
        except _FINAL:
            raise
        except Exception as error:
            if type(error).__name__ in _FINAL_NAMES:
                raise StorageError(
                    f"{url} cannot be {what}: {type(error).__name__}: {error}. Credentials come "
                    "from the environment: see docs/object_stores.md."
                ) from error
            if getattr(error, "errno", None) == errno.EINVAL:
                raise StorageError(f"{url} cannot be {what}: {error}") from error
            if not _passing(error):
                raise
            if attempt == ATTEMPTS:
                raise StorageError(
                    f"{url} cannot be {what}: tried {ATTEMPTS} times, at last "
                    f"{type(error).__name__}: {error}. What was finished is kept; run the same "
                    "command to go on."
                ) from error
        time.sleep(_wait_s(attempt))
    raise AssertionError("unreachable")


def _passing(error: Exception) -> bool:
    """Whether an error may pass: of a transport, or of the operating system under it."""
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError) or library in _TRANSPORTS


def _wait_s(attempt: int) -> float:
    """Exponential, with jitter: machines that failed together do not come back together."""
    longest: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1))
    return random.uniform(0.5, 1.0) * longest
