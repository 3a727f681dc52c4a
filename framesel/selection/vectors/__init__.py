"""Unit vectors: checks, one inner product for all decisions, nearest rows, runs of footage."""
