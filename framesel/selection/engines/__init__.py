"""What strategies are made of: traversals, cells, determinants, balance. One algorithm a file."""
