"""Hard limits: what they mean, what they leave open, and why none of it can be kept."""
