"""CVAT 1.1: tasks of pictures, and tracks."""
