"""What pages and plots draw: each figure is a view turned into a few plain arrays."""
