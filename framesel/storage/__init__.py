"""Object stores: their files as paths, read by ranges, written whole; everything retried."""
