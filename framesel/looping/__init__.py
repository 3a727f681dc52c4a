"""Round after round, with people or with an oracle that has their labels stored."""
