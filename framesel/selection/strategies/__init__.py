"""The strategies, one a file. What they have in common is in the package above."""
