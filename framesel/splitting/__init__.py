"""Train, validation and test without leaks, and the holdout that nothing ever sees."""
