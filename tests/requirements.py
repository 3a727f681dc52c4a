"""What a machine must have, and what becomes of a test where it has not."""

import os

import pytest


def must_have(what: str) -> bool:
    """Whether FRAMESEL_REQUIRE (a comma-separated list, or "all") asks for this."""
    asked = {name.strip() for name in os.environ.get("FRAMESEL_REQUIRE", "").split(",")}
    return "all" in asked or what in asked


def demand(what: str, present: bool, reason: str) -> None:
    """Skips the test where something is missing; fails it where it was promised to be there."""
    if present:
        return
    if must_have(what):
        pytest.fail(f"FRAMESEL_REQUIRE asks for {what}: {reason}", pytrace=False)
    pytest.skip(reason)
