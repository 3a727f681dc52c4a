"""When another round is no longer worth it: one rule a file, numbers in, a verdict out."""
