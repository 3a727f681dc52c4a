"""Near-duplicates: who stands for whom, from which cosine on, and what speaks against it."""
