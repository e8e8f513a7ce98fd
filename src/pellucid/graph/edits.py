"""Edits: how often an attribute of any layer was set to something new, and how often any weight was assigned.

Above: layers/owning.py and variable.py count; engine/inference/ looks, to learn cheaply that nothing can have changed.
"""

from __future__ import annotations

# What running and training note on a model: it changes nothing of what the model computes.
NOTES = frozenset({"_running", "_inference", "history", "stop_training", "predict_function", "_called", "_losses"})


class Edits:
    """Two counts that only grow."""

    attributes = 0
    weights = 0


edits = Edits()
