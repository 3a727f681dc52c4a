"""What happens, in order: one file a stage, thin: settings and wiring."""
