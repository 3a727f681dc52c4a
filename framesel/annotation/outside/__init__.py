"""Files from outside, read so that nothing hostile in them does harm."""
