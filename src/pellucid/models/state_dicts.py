"""Weights of PyTorch modules (.pt, .pth, .safetensors) into models: by the names of layers, or by their order.

Below:  files/torch_zip.py and safetensors_model.py read tensors, torch_weights.py turns a module's into a layer's.
Above:  saving.py.
Kept true: all is matched and checked before one weight is assigned; what does not fit is told side by side.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import torch

from pellucid.errors import FileError
from pellucid.files.safetensors_model import SafetensorsFile
from pellucid.graph.variable import Variable
from pellucid.models import torch_weights
from pellucid.models.matching import weights_of

_RECURRENT = re.compile(r"(weight|bias)_(ih|hh)_l(\d+)(_reverse)?")
_COUNTER = "num_batches_tracked"
# Layers through which a value's order of places goes unchanged.
_PASSING = {"Dropout", "Activation", "ReLU", "LeakyReLU", "ELU", "GaussianNoise", "GaussianDropout", "Identity"}
_MOST_ROWS = 40


@dataclass
class Module:
    """What a file holds for one module: tensors by their last names."""

    name: str
    tensors: dict[str, torch.Tensor]

    def __str__(self):
        return f"{self.name}: " + ", ".join(f"{key} {tuple(value.shape)}" for key, value in self.tensors.items())


def load(model, tensors: dict[str, torch.Tensor], skip_mismatch: bool = False, by_name: bool | None = None) -> None:
    """Give a model the weights of a state dict.

    Args:
        tensors: by name, in the order of the modules.
        skip_mismatch: warn of what does not fit, and leave that as it is.
        by_name: whether modules are matched by the names of layers; if None, where all names are the same.

    Raises:
        FileError: modules and layers do not fit; both are listed.
    """
    modules = modules_of(tensors)
    planned: list[tuple[Variable, torch.Tensor]] = []
    complaints = []
    for layer, module in _pairs(model, modules, by_name, skip_mismatch):
        weights = weights_of(layer)
        values = torch_weights.of_layer(layer, module.tensors)
        values = values if values is None else _in_our_order(layer, values)
        if values is None or [tuple(v.shape) for v in values] != [tuple(w.shape) for w in weights]:
            complaints.append(f"{_told(layer)} <- {module}")
        else:
            planned += zip(weights, values, strict=True)
    if complaints:
        error = FileError(
            f"The file's modules do not fit the model: {len(complaints)} layers cannot take theirs.",
            got="\n            ".join(complaints[:_MOST_ROWS]),
            fix="the model of the same layers in the same order, or load_weights(path, skip_mismatch=True)",
        )
        if not skip_mismatch:
            raise error
        warnings.warn(str(error), stacklevel=4)
    for variable, value in planned:
        variable.assign(value.contiguous())


def in_known_order(file: SafetensorsFile, by_name: bool | None) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, whose writers sort them by name: numbers by their size.

    Raises:
        FileError: the names do not say in which order the modules are, and they are to be matched by it.
    """
    names = sorted(
        file,
        key=lambda name: [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in name.split(".")],
    )
    modules = {tuple(name.split(".")[:-1]) for name in names}
    if not by_name and not _say_their_order(modules):
        raise FileError(
            "Safetensors files do not keep the order of modules, and these names do not tell it.",
            got=", ".join(sorted(".".join(module) for module in modules))[:300],
            fix="load_weights(path, by_name=True) with layers of these names, or a .pt file: torch.save(state_dict, path)",
        )
    return {name: file.tensor(name) for name in names}


def _say_their_order(modules: set[tuple[str, ...]]) -> bool:
    """Whether modules beside each other are numbered, or alone."""
    firsts = {module[0] for module in modules if module}
    if len(firsts) > 1 and not all(first.isdigit() for first in firsts):
        return False
    return all(
        _say_their_order({module[1:] for module in modules if len(module) > 1 and module[0] == first})
        for first in firsts
    )


def modules_of(tensors: dict[str, torch.Tensor]) -> list[Module]:
    """The tensors of each module, modules in the file's order; each level of a recurrent one counts as one."""
    found: dict[str, Module] = {}
    for path, tensor in tensors.items():
        name, _, last = path.rpartition(".")
        recurrent = _RECURRENT.fullmatch(last)
        if last == _COUNTER:
            continue
        if recurrent:
            kind, side, level, back = recurrent.groups()
            name, last = f"{name}.l{level}".strip("."), f"{kind}_{side}{back or ''}"
        parent, _, own = name.rpartition(".")
        if own == "out_proj" and "in_proj_weight" in getattr(found.get(parent), "tensors", {}):
            name, last = parent, f"out_proj.{last}"
        found.setdefault(name, Module(name, {})).tensors[last] = tensor
    return list(found.values())


def _pairs(model, modules: list[Module], by_name: bool | None, skip_mismatch: bool) -> list[tuple[Any, Module]]:
    layers = [layer for layer in _leaves(model) if weights_of(layer)]
    named = {module.name: module for module in modules}
    if by_name or (by_name is None and {layer.name for layer in layers} == set(named)):
        return [(layer, named[layer.name]) for layer in layers if layer.name in named]
    if len(layers) != len(modules) and not skip_mismatch:
        raise FileError(
            f"The file has {len(modules)} modules with weights, and the model {len(layers)} layers.",
            got="\n            ".join(map(str, modules[:_MOST_ROWS])),
            expected="\n            ".join(map(_told, layers[:_MOST_ROWS])),
        )
    return list(zip(layers, modules, strict=False))


def _leaves(layer) -> list:
    """Layers that a rule knows, or that hold weights themselves."""
    if type(layer).__name__ in torch_weights.RULES:
        return [layer]
    inner = layer.layers if hasattr(layer, "load_weights") else layer._layers
    found = [leaf for one in inner for leaf in _leaves(one)]
    return [layer] if layer._own_weights() or not found else found


def _told(layer) -> str:
    return f"{layer.name} ({type(layer).__name__}): " + ", ".join(str(tuple(w.shape)) for w in weights_of(layer))


def _in_our_order(layer, values: list[torch.Tensor]) -> list[torch.Tensor]:
    """A Dense behind a Flatten: PyTorch lays images out by channels first, so rows of the kernel move."""
    shape = _flattened(layer) if type(layer).__name__ == "Dense" else None
    if shape is None or values[0].shape[0] != torch.Size(shape).numel():
        return values
    *window, channels = shape
    kernel = values[0].reshape(channels, *window, -1).movedim(0, -2)
    return [kernel.reshape(values[0].shape), *values[1:]]


def _flattened(layer) -> tuple[int, ...] | None:
    """The shape, channels last, that a Flatten before a layer flattens; None if there is none."""
    before = _before(layer)
    while before is not None and type(before).__name__ in _PASSING:
        before = _before(before)
    if before is None or type(before).__name__ != "Flatten" or before.data_format == "channels_first":
        return None
    shape = tuple(before._inbound_nodes[0].input_tensors[0].shape[1:])
    return shape if len(shape) > 1 and None not in shape else None


def _before(layer):
    nodes = layer._inbound_nodes
    inputs = nodes[0].input_tensors if nodes else []
    history = getattr(inputs[0], "_keras_history", None) if len(inputs) == 1 else None
    return history.operation if history else None
