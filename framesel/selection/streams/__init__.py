"""Choosing from footage that arrives: one pass, bounded memory."""
