"""Labels that a detector or time disagrees with."""
