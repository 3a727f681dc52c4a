"""Tests of the comparison with a detector."""
