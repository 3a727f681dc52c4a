"""A finished workspace for the loop's parts."""

from tests.pipeline.conftest import finished, footage

__all__ = ["finished", "footage"]
