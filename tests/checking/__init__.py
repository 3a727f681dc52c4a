"""Tests of what finds mistakes in labels."""
