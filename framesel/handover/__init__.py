"""Handing frames over to annotation tools, and taking their labels back."""
