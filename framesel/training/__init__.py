"""Labelled pictures → weights: one loop, one file for each family of detectors.

``examples.freeze`` writes what a training sees, ``training.train`` learns from it.
"""
