"""Rounds: one turn of select, label, train."""
