"""Training: the detector learns from everything that is labelled."""

from __future__ import annotations

from framesel.training.settings import TrainSettings


class Train(TrainSettings):
    """The recipe's section `train`."""
