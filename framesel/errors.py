"""Every error that framesel raises on purpose.

    FrameselError
    ├── UsageError                what was asked for makes no sense (exit code 2)
    │   ├── RecipeError           a recipe or a ``--set`` with mistakes, all listed
    │   └── MissingExtraError     an optional package is needed; the message names its pip line
    ├── WorkspaceError            the folder is locked, of another version, or not a workspace
    ├── DiskFullError             no room is left where something is to be written
    ├── MediaError                one video or image cannot be read; it becomes an error row
    │   ├── ProbeError            it cannot be opened at all
    │   └── DecodeError           it broke while frames were decoded
    ├── WeightsError              weights are missing, damaged or not to be trusted
    ├── LabelsError               labels from outside make no sense; nothing was taken
    ├── ServerError               an annotation server cannot be reached or refuses
    ├── SelectionError            the candidates, budget and settings do not fit together
    ├── StageError                a stage could not finish
    ├── StorageError              an object store cannot be reached, or refuses
    └── TooManyFailuresError      more bad videos than ``--max-failed`` allows (exit code 3)

A message says what went wrong, where (path, video, key) and what to do about it.
"""

from __future__ import annotations


class FrameselError(Exception):
    """Root of all errors that framesel raises on purpose."""

    exit_code = 1


class UsageError(FrameselError):
    """The request itself is wrong; nothing was computed."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe has mistakes. The message lists all of them, each with the nearest valid key."""


class MissingExtraError(UsageError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'framesel[{extra}]'"
        )
        self._named = (package, extra, purpose)

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, str]]:
        """It comes back whole from a worker that misses the package."""
        return type(self), self._named


class WorkspaceError(FrameselError):
    """The workspace cannot be used as it is."""


class DiskFullError(FrameselError):
    """No room is left where something is to be written. What was finished before stays valid."""


class MediaError(FrameselError):
    """One video or image cannot be read. It becomes an error row and stops nobody else."""


class ProbeError(MediaError):
    """The file cannot be opened as a video or an image."""


class DecodeError(MediaError):
    """Decoding broke part-way; frames given before that are valid."""


class WeightsError(FrameselError):
    """Model weights are missing, damaged or not to be trusted."""


class LabelsError(FrameselError):
    """Labels from outside make no sense, or do not belong here. Nothing of them was taken."""


class ServerError(FrameselError):
    """An annotation server cannot be reached, or refuses. What it has by then stays there."""


class SelectionError(FrameselError):
    """Candidates, budget and settings do not fit together."""


class StageError(FrameselError):
    """A stage could not finish. What was written before stays valid."""


class StorageError(FrameselError):
    """An object store cannot be reached, or refuses. What was finished before stays valid."""


class TooManyFailuresError(FrameselError):
    """More videos failed than the run allows."""

    exit_code = 3
