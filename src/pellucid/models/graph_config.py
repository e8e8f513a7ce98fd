"""A functional model's graph as a config, and back.

Below:  graph/objects.py writes and reads each layer.
Above:  functional.py; clone_model and files use the same config.
Format: KERAS's own: each layer once, with its calls ("inbound_nodes") naming the layers they read; both the
        form of Keras 3 (args and kwargs) and that of Keras 1 and 2 (lists of [layer, node, tensor]) are read.
"""

from __future__ import annotations

import copy

from pellucid import nest
from pellucid.errors import ArgumentError
from pellucid.files import old_calls
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.operation import FunctionOperation, Operation
from pellucid.graph.symbol import KerasTensor
from pellucid.models import operation_config


def write(model) -> dict:
    """The config of a functional model."""
    mine = set(model.graph.nodes)
    numbers = {
        node: at
        for op in model.operations
        for at, node in enumerate(node for node in op._inbound_nodes if node in mine)
    }
    layers = []
    for operation in model.operations:
        entry = serialize_keras_object(operation)
        entry["name"] = operation.name
        calls = [node for node in operation._inbound_nodes if node in mine and not node.is_input]
        entry["inbound_nodes"] = [_write_call(node, numbers, entry) for node in calls]
        layers.append(entry)
    return copy.deepcopy(
        {
            "name": model.name,
            "trainable": model.trainable,
            "layers": layers,
            "input_layers": nest.map_structure(lambda x: _place(x, numbers), model.input),
            "output_layers": nest.map_structure(lambda x: _place(x, numbers), model.output),
        }
    )


def _place(x: KerasTensor, numbers) -> list:
    """[layer's name, number of the call, number of the output]."""
    operation, index, k = x._keras_history
    return [operation.name, numbers.get(operation._inbound_nodes[index], 0) + _built_in_calls(operation), k]


def _built_in_calls(operation) -> int:
    """A nested functional model counts the graph it was made of as its call 0; a sequential one does not."""
    return int("graph" in vars(operation))


def _write_call(node, numbers, entry) -> dict:
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if isinstance(node.operation, FunctionOperation):
        kept, args, kwargs = operation_config.split(node.operation, node.arguments)
        entry["config"] |= serialize_keras_object(kept)

    def plain(x):
        if not isinstance(x, KerasTensor):
            return serialize_keras_object(x)
        facts = {"shape": x.shape, "dtype": x.dtype, "keras_history": _place_in_call(x, numbers)}
        return {"class_name": "__keras_tensor__", "config": facts}

    return {"args": _mapped(plain, args), "kwargs": _mapped(plain, kwargs)}


def _place_in_call(x, numbers):
    operation, index, k = x._keras_history
    return [operation.name, numbers.get(operation._inbound_nodes[index], 0), k]


def _mapped(function, structure):
    """`function` on leaves; unlike nest.map_structure it may give dicts for leaves of a dict."""
    if isinstance(structure, dict):
        return {key: _mapped(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        items = [_mapped(function, item) for item in structure]
        return tuple(items) if isinstance(structure, tuple) else items
    return function(structure)


class _NotYet(Exception):
    """The call reads a tensor that no call has given so far."""


def read(cls, config: dict, custom_objects=None):
    """The functional model that a config describes, of class `cls`.

    Raises:
        ArgumentError: calls that never get their inputs, or something that is no layer.
    """
    config = dict(config)
    entries, input_layers, output_layers = (config.pop(key) for key in ("layers", "input_layers", "output_layers"))
    reader = _GraphReader(entries, custom_objects)
    reader.make_calls()
    return cls(
        inputs=reader.tensors(input_layers),
        outputs=reader.tensors(output_layers),
        name=config.pop("name", None),
        trainable=config.pop("trainable", None),
        **config,
    )


class _GraphReader:
    """Makes the layers of a config, then their calls, as soon as what each call reads is there."""

    def __init__(self, entries, custom_objects):
        self.layers: dict[str, Operation] = {}
        self.calls: list[tuple[Operation, dict | list]] = []
        for entry in entries:
            layer = deserialize_keras_object(entry, custom_objects=custom_objects)
            if not isinstance(layer, Operation):
                raise ArgumentError("The config lists something that is no layer.", got=repr(layer))
            if isinstance(layer, FunctionOperation):
                layer.arguments = deserialize_keras_object(layer.arguments, custom_objects=custom_objects)
            name = entry.get("name") or entry["config"]["name"]
            self.layers[name] = layer
            self.calls += [(layer, call) for call in entry.get("inbound_nodes", ())]
        # Calls of a model on itself, noted while it was made, come before those of the config.
        self.before = {name: len(layer._inbound_nodes) for name, layer in self.layers.items()}

    def make_calls(self):
        """Work the list off until it is empty."""
        waiting = self.calls
        while waiting:
            left = []
            blocked = set()
            for layer, call in waiting:
                # Calls of one layer keep their order: they are told apart by their numbers.
                if id(layer) in blocked or not self._make(layer, call):
                    blocked.add(id(layer))
                    left.append((layer, call))
            if len(left) == len(waiting):
                names = sorted({layer.name for layer, _ in left})
                raise ArgumentError(
                    "The config's graph runs in a circle or has loose ends.", got=f"calls of {', '.join(names)}"
                )
            waiting = left

    def _make(self, layer, call) -> bool:
        try:
            args, kwargs = self._arguments(layer, call)
        except _NotYet:
            return False
        layer(*args, **kwargs)
        return True

    def _arguments(self, layer, call):
        call = old_calls.modern(call, dict.fromkeys(self.layers, 0), type(layer).__name__)
        args, kwargs = (deserialize_keras_object(call[word]) for word in ("args", "kwargs"))
        return nest.map_structure(self._revived, args), nest.map_structure(self._revived, kwargs)

    def _revived(self, x):
        history = getattr(x, "_pre_serialization_keras_history", None)
        return x if history is None else self._tensor(*history)

    def _tensor(self, name, node_index, tensor_index):
        if name not in self.layers:
            raise ArgumentError(
                "The config's graph reads a layer that it does not list.",
                got=repr(name),
                expected=", ".join(self.layers),
            )
        nodes = self.layers[name]._inbound_nodes
        at = node_index + (0 if hasattr(self.layers[name], "batch_shape") else self.before[name])
        if at >= len(nodes):
            raise _NotYet
        return nodes[at].output_tensors[tensor_index]

    def tensors(self, structure):
        """Symbolic tensors for the places of `input_layers` or `output_layers`."""
        if isinstance(structure, (list, tuple)) and len(structure) == 3 and isinstance(structure[0], str):
            name, node_index, tensor_index = structure
            built_in = _built_in_calls(self.layers[name]) if name in self.layers else 0
            return self._tensor(name, node_index - built_in, tensor_index)
        if isinstance(structure, dict):
            return {key: self.tensors(value) for key, value in structure.items()}
        return type(structure)(self.tensors(item) for item in structure)
