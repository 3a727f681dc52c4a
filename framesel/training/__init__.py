"""Labelled pictures → weights: one loop, one file for each family of detectors."""
