"""Tables become pages and plots: what was chosen, why, and what was left out."""
