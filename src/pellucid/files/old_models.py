"""Whole models of Keras 1 and 2 in the form of Keras 3: lists of layers, inputs that layers told, merged stacks.

Below: entries.py, old_calls.py and tensorflow_operations.py.
Above: ages.py.
"""

from __future__ import annotations

from pellucid.files import old_calls, tensorflow_operations
from pellucid.files.entries import entry, is_entry

_GRAPHS = ("Model", "ModelV2", "Functional")


def whole(given: dict) -> dict:
    """A model's entry in today's form; entries of layers come back as they are."""
    if given["class_name"] == "Sequential":
        return _sequential(given)
    return _graph(given) if _is_graph(given) else given


def _sequential(given: dict) -> dict:
    inner = given["config"]
    config = {"layers": inner} if isinstance(inner, list) else dict(inner)
    config.setdefault("name", given.get("name") or "sequential")
    layers = config["layers"] = list(config.get("layers") or [])
    if not layers or not is_entry(layers[0]):
        return {**given, "config": config}
    if layers[0]["class_name"] == "Merge" and layers[0]["config"].get("layers"):
        return {**given, **_joined(config)}
    first = layers[0]["config"]
    if isinstance(first, dict) and "batch_input_shape" in first and layers[0]["class_name"] != "InputLayer":
        layers.insert(0, _input_of(first))
    return {**given, "config": config}


def _input_of(first: dict) -> dict:
    """The input that the first layer of a stack told."""
    dtype = first.get("input_dtype") or first.get("dtype") or "float32"
    if not isinstance(dtype, str):
        dtype = "float32"  # a policy: it is for weights and arithmetic
    return entry(
        "InputLayer", batch_input_shape=first["batch_input_shape"], dtype=dtype, name=f"{first.get('name')}_input"
    )


def _joined(config: dict) -> dict:
    """A stack that begins with several, as a graph: Keras 1 gave that a Merge layer in front."""
    merge, *rest = config["layers"]
    layers: list[dict] = []
    ends = [_laid_out(_sequential(branch)["config"]["layers"], layers, None) for branch in merge["config"]["layers"]]
    inputs = [layer["config"]["name"] for layer in layers if layer["class_name"] == "InputLayer"]
    merge = {**merge, "config": {key: value for key, value in merge["config"].items() if key != "layers"}}
    layers.append(_called(merge, ends))
    end = _laid_out(rest, layers, merge["config"]["name"])
    graph = {
        "name": config["name"],
        "layers": layers,
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[end, 0, 0]],
    }
    return entry("Functional", **graph)


def _laid_out(stack: list, layers: list, end: str | None) -> str:
    """Put a stack behind what a graph has so far; the name of its last layer."""
    for layer in stack:
        if layer["class_name"] == "Sequential":
            end = _laid_out(_sequential(layer)["config"]["layers"], layers, end)
            continue
        layers.append(_called(layer, [] if layer["class_name"] == "InputLayer" else [end]))
        end = layer["config"]["name"]
    return str(end)


def _called(layer: dict, names: list) -> dict:
    calls = [[[name, 0, 0] for name in names]] if names else []
    return {**layer, "name": layer["config"]["name"], "inbound_nodes": calls}


def _graph(given: dict) -> dict:
    config = dict(given["config"])
    layers = [layer for layer in config["layers"] if is_entry(layer)]
    own_calls = _own_calls(layers, config["output_layers"])
    config["layers"] = [entry for layer in layers for entry in _with_modern_calls(layer, own_calls)]
    # Files of Keras 3 count the graph that a model inside was made of as its call 0 too, but at the outputs only.
    counted = {layer.get("name") for layer in layers if _is_graph(layer)}
    shifts = {name: own - (name in counted) for name, own in own_calls.items()}
    for word in ("input_layers", "output_layers"):
        places = _moved(config[word], shifts)
        # A single one was written as a list of one, whatever it was.
        config[word] = places[0] if isinstance(places, list) and len(places) == 1 else places
    name = "Functional" if given["class_name"] in _GRAPHS else given["class_name"]
    return {**given, "class_name": name, "config": config}


def _own_calls(layers: list, outputs) -> dict[str, int]:
    """By name, how many calls of a layer are not in the graph: a model inside counts the one it was made of."""
    names = {str(layer.get("name")) for layer in layers}
    used = old_calls.places([outputs, *(layer.get("inbound_nodes", []) for layer in layers)], names)
    least: dict[str, int] = {}
    for name, node, _ in used:
        least[name] = min(node, least.get(name, node))
    return {
        name: int(_is_graph(layer) or (layer["class_name"] == "Sequential" and least.get(name, 0) > 0))
        for layer in layers
        for name in [str(layer.get("name"))]
    }


def _with_modern_calls(layer: dict, own_calls) -> list[dict]:
    kind = layer["class_name"]
    calls = [old_calls.modern(call, own_calls, kind) for call in layer.get("inbound_nodes", [])]
    layer = {**layer, "inbound_nodes": calls}
    if tensorflow_operations.is_one(layer):
        return tensorflow_operations.modern(layer)
    return [layer]


def _is_graph(layer) -> bool:
    inner = layer["config"]
    return isinstance(inner, dict) and {"layers", "input_layers", "output_layers"} <= inner.keys()


def _moved(structure, shifts: dict):
    """`input_layers` or `output_layers`, calls counted as Keras 3 does."""
    if isinstance(structure, dict):
        return {key: _moved(value, shifts) for key, value in structure.items()}
    if isinstance(structure, list) and structure and isinstance(structure[0], str):
        name, node, tensor, *_ = structure
        return [name, node - shifts.get(name, 0), tensor]
    return [_moved(item, shifts) for item in structure] if isinstance(structure, list) else structure
