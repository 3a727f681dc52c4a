"""Boxes against labels: average precision, its intervals, and how far two detectors agree."""
