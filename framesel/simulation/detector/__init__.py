"""Strategies compared on labelled footage, with a detector that is trained again at every point."""
