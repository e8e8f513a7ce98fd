"""Door: ``pellucid.distillation``, a student that learns from a teacher."""

from pellucid.models.distiller import Distiller
from pellucid.models.distilling import DistillationLoss, FeatureDistillation, LogitsDistillation

__all__ = ["DistillationLoss", "Distiller", "FeatureDistillation", "LogitsDistillation"]
