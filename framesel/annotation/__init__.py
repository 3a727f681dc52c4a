"""What goes to annotation tools and what comes back: one file a format, both ways."""
