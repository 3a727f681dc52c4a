"""Pictures to boxes with full class distributions. One file for each family."""
