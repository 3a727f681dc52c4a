"""What a detector does not know: boxes in, a score for each picture out."""
