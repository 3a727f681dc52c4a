"""Workspaces written by hand."""

from pathlib import Path

import pytest

from tests.history.handmade import Handmade
from tests.history.story import three_rounds


@pytest.fixture
def hand(tmp_path: Path) -> Handmade:
    """Footage and vectors, and nothing chosen yet."""
    return Handmade(tmp_path / "ws")


@pytest.fixture
def rounds(hand: Handmade) -> Handmade:
    """Three rounds, two of them with a model."""
    three_rounds(hand)
    return hand
