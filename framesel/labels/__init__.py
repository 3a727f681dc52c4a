"""What people said of frames: kept import by import, never overwritten."""
