"""Training: from files of accidents to an evaluated model that can serve. Needs numpy, LightGBM and ``holidays``."""

from __future__ import annotations

from hab_core.eclo.training.release import Progress, TrainedModel, publish, train

__all__ = ["Progress", "TrainedModel", "publish", "train"]
