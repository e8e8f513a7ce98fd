"""Calls in graphs of Keras 1 and 2: lists of [layer, call, output], with keywords beside the first of them.

Above: old_models.py; models/graph_config.py, for configs that come from no file.
Kept true: what comes out is the form of Keras 3, arguments and keywords with a mark in the place of each tensor.
"""

from __future__ import annotations

from collections.abc import Mapping

# What stands in the first argument's place where that was no tensor.
_CONSTANT = "_CONSTANT_VALUE"
# Layers that were given their first state behind their input, in one list.
_WITH_STATE = {"RNN", "SimpleRNN", "LSTM", "GRU", "CuDNNLSTM", "CuDNNGRU", "ConvLSTM2D", "Bidirectional"}


def modern(call, own_calls: Mapping[str, int], class_name: str) -> dict:
    """A call as arguments and keywords.

    Args:
        call: as a config has it; one in today's form comes back as it is.
        own_calls: names of all layers, and how many calls each counts that are not in the graph.
        class_name: of the layer that is called.
    """
    if isinstance(call, dict) and set(call) == {"args", "kwargs"}:
        return call
    kwargs: dict = {}
    first = _value(call, own_calls, kwargs)
    if isinstance(first, list) and len(first) == 1:
        first = first[0]
    kwargs = {key: _value(value, own_calls, {}) for key, value in kwargs.items() if value is not None}
    if class_name in _WITH_STATE and isinstance(first, list):
        first, *state = first
        kwargs.setdefault("initial_state", state)
    return {"args": [first], "kwargs": kwargs}


def places(structure, names) -> list[list]:
    """All [layer, call, output] in a structure."""
    if _is_place(structure, names):
        return [structure[:3], *places(structure[3] if len(structure) > 3 else None, names)]
    if isinstance(structure, dict) and structure.get("class_name") == "__keras_tensor__":
        return [structure["config"]["keras_history"]]
    inside = structure.values() if isinstance(structure, dict) else structure if isinstance(structure, list) else ()
    return [place for item in inside for place in places(item, names)]


def _value(structure, own_calls, kwargs: dict):
    if _is_place(structure, own_calls):
        name, node, tensor, *rest = structure
        kwargs.update(rest[0] if rest and isinstance(rest[0], dict) else {})
        return tensor if name == _CONSTANT else mark(name, node - own_calls[name], tensor)
    if isinstance(structure, list):
        return [_value(item, own_calls, kwargs) for item in structure]
    if isinstance(structure, dict):
        return {key: _value(item, own_calls, kwargs) for key, item in structure.items()}
    return structure


def mark(name: str, node: int, tensor: int) -> dict:
    """What stands in the place of a tensor; its shape and dtype are not known, and not asked for."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [], "dtype": "float32", "keras_history": [name, node, tensor]},
    }


def _is_place(x, names) -> bool:
    return (
        isinstance(x, list)
        and len(x) in (3, 4)
        and isinstance(x[0], str)
        and type(x[1]) is int
        and (x[0] == _CONSTANT or (x[0] in names and type(x[2]) is int))
    )
