"""Models: the one place where layers, training and reports meet."""

from pellucid.models.cloning import clone_model
from pellucid.models.functional import Functional
from pellucid.models.model import Model, model_from_json
from pellucid.models.saving import load_model, save_model
from pellucid.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
