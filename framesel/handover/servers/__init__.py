"""Running annotation servers: push and pull."""
