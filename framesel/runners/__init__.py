"""Where work runs. ``local`` is processes of this machine."""
