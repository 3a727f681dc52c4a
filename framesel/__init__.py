"""framesel chooses the video frames whose labels teach a detector most."""

__version__ = "0.1.0"

from framesel.quiet import silence as _silence

_silence()
