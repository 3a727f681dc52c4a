"""Greedy coverage: the objective of those strategies that represent footage."""
