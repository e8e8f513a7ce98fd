"""Unchanged: whether a model still is what it was, weights and attributes, for a microsecond.

Above: choosing.py asks before it uses what was compiled.
"""

from __future__ import annotations

from pellucid.graph.edits import NOTES, edits


class Unchanged:
    """A memory of a model at one time. Called, it says whether the model is the same.

    A weight is the same if its tensor is the same object and was not written to: PyTorch counts writes.
    """

    def __init__(self, model):
        self._model = model
        self._remember()

    def _remember(self):
        self._edits = edits.attributes
        layers = self._model._flatten_layers()
        self._attributes = [(layer, _attributes(layer)) for layer in layers]
        self._weights = [(v, v._value, v._value._version) for v in self._model.variables]

    def __call__(self) -> bool:
        if edits.attributes != self._edits and not self._has_same_attributes():
            return False
        return all(v._value is tensor and tensor._version == version for v, tensor, version in self._weights)

    def _has_same_attributes(self) -> bool:
        looked_at = edits.attributes
        for layer, before in self._attributes:
            now = _attributes(layer)
            if now.keys() != before.keys() or any(now[name] is not value for name, value in before.items()):
                return False
        self._edits = looked_at
        return True


def _attributes(layer) -> dict:
    return {name: value for name, value in vars(layer).items() if name not in NOTES}
