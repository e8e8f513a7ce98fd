"""Weights of a legacy file, and those of a model: which belong together, and what the file's arrays are today.

Below:  files/legacy_h5.py holds the format, files/old_weights.py the forms of each age.
Above:  legacy.py.
Kept true: weights are matched by the order of layers (or by their names), and nothing is assigned here.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.errors import FileError
from pellucid.files import old_weights
from pellucid.files.hdf5 import Hdf5File
from pellucid.files.legacy_h5 import TOP_LEVEL, LegacyFile
from pellucid.files.old_weights import Origin
from pellucid.graph.variable import Variable

# Layers whose weights some Keras stored in a form of its own; all others are looked into.
_KINDS = {
    "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
    "LSTM", "GRU",
}  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """An array that is still in its file."""

    file: Hdf5File
    place: tuple[str, str]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.file.groups[self.place[0]][self.place[1]].shape

    def read(self) -> np.ndarray:
        return self.file.read(*self.place)

    def __str__(self):
        return "/".join(self.place)


@dataclass(frozen=True)
class Remade:
    """An array that was stored in another form."""

    array: np.ndarray
    told: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def read(self) -> np.ndarray:
        return self.array

    def __str__(self):
        return self.told


Pair = tuple[Variable, Stored | Remade]


def origin_of(file: LegacyFile, is_whole: bool) -> Origin:
    """Which Keras wrote a file, and whether its convolutions turned their kernels around, as those of Theano did.

    Args:
        is_whole: whether it holds a whole model. Weights alone do not always say, and then they stay as they are.
    """
    names = [name for layer in file.layers() for _, name in file.weights(layer)]
    paths = [place for layer in file.layers() for place, _ in file.weights(layer)]
    if file.version is not None:
        era = int(file.version[0]) if file.version[:1] in ("1", "2", "3") else 3
    else:
        # Later ones put the layer's name before the weight's, with a slash.
        inner = any("/" in path.removeprefix(file.root).strip("/") for path in paths)
        era = 3 if inner or not names else 1
    if era > 1 or file.backend is not None:
        return Origin(era, turned=file.backend == "theano")
    by_theano = bool(names) and not any(name.endswith(":0") for name in names)
    if by_theano and not is_whole:
        warnings.warn(
            "These may be weights of Keras 1 on Theano, whose convolutions turn kernels around; the file does not say, "
            "so they stay as they are. A whole model's file, model.save(path), says it.",
            stacklevel=5,
        )
    return Origin(era, turned=by_theano and is_whole)


def by_order(model, file: LegacyFile, origin: Origin, names_first: bool = False) -> list[Pair]:
    """Each weight of a model with its array, by the order of the layers that have weights.

    Where the order does not fit, but the names of all layers are the same, these count.

    Args:
        names_first: whether they count anyway.

    Raises:
        FileError: another number of layers, or of weights in one.
    """
    pairs = _paired(model, file, origin, names_first)
    if names_first or all(source.shape == variable.shape for variable, source in pairs):
        return pairs
    named = _paired(model, file, origin, names_first=True)
    return named if all(source.shape == variable.shape for variable, source in named) else pairs


def _paired(model, file: LegacyFile, origin: Origin, names_first: bool) -> list[Pair]:
    saved = [(name, places) for name in file.layers() if (places := file.weights(name))]
    layers = _layers_for(model, [name for name, _ in saved], names_first)
    pairs = []
    for layer, (name, places) in zip(layers, saved, strict=True):
        pairs += _pairs(layer, weights_of(layer), places, f"the file's layer '{name}'", file, origin)
    if f"{file.root}/{TOP_LEVEL}".strip("/") in file.groups:
        pairs += _pairs(model, model._own_weights(), file.weights(TOP_LEVEL), "the file's own weights", file, origin)
    return pairs


def by_name(model, file: LegacyFile, origin: Origin, skip_mismatch: bool) -> list[Pair]:
    """As `by_order`, for layers of the same name; others are left alone."""
    pairs = []
    for name in file.layers():
        for layer in model.layers:
            if layer.name != name:
                continue
            try:
                places = file.weights(name)
                pairs += _pairs(layer, weights_of(layer), places, f"the file's layer '{name}'", file, origin)
            except FileError as error:
                if not skip_mismatch:
                    raise
                warnings.warn(str(error), stacklevel=5)
    return pairs


def weights_of(layer) -> list[Variable]:
    """A layer's weights in the order of legacy files."""
    return layer.trainable_weights + layer.non_trainable_weights


def values(pairs: list[Pair], skip_mismatch: bool = False, progress=None) -> list[tuple[Variable, Any]]:
    """The weights with the values that they are going to get.

    Args:
        progress: ``progress(count)`` hears of so many bytes more that were read.

    Raises:
        FileError: a shape does not fit, unless `skip_mismatch`, which warns and leaves that weight out.
    """
    fitting = []
    for variable, source in pairs:
        if source.shape == variable.shape:
            fitting.append((variable, source))
            continue
        error = FileError(
            f"The weight '{variable.path}' cannot take these values.",
            got=source.shape,
            expected=variable.shape,
            where=str(source),
        )
        if not skip_mismatch:
            raise error
        warnings.warn(str(error), stacklevel=5)
    found = []
    for variable, source in fitting:
        found.append((variable, source.read()))
        if progress is not None:
            progress(found[-1][1].nbytes)
    return found


def _layers_for(model, saved: list[str], names_first: bool) -> list:
    """The layers with weights that a file's belong to; it may list those inside of models inside."""
    direct = [layer for layer in model.layers if weights_of(layer)]
    flat = [layer for layer in _inside(model) if weights_of(layer)]
    for layers in (direct, flat) if names_first else ():
        by_name = {layer.name: layer for layer in layers}
        if sorted(by_name) == sorted(saved):
            return [by_name[name] for name in saved]
    for layers in (direct, flat):
        if len(layers) == len(saved):
            return layers
    raise FileError(
        "The file is of another model.",
        got=f"{len(saved)} layers with weights: {', '.join(saved)}"[:500],
        expected=f"{len(direct)}: {', '.join(layer.name for layer in direct)}"[:500],
    )


def _inside(model) -> list:
    found = []
    for layer in model.layers:
        found += _inside(layer) if hasattr(layer, "load_weights") else [layer]
    return found


def _pairs(layer, weights, places, told: str, file: LegacyFile, origin: Origin) -> list[Pair]:
    spare, left = len(places) > len(weights), list(places)
    owners = _owners(layer)
    pairs: list[Pair] = []
    for owner, group in itertools.groupby(weights, lambda weight: owners.get(id(weight))):
        owned = list(group)
        kind = type(owner).__name__
        count = old_weights.stored_count(kind, len(owned), origin, spare)
        taken, left = left[:count], left[count:]
        sources: list[Stored | Remade] = [Stored(file, place) for place in taken]
        if origin.turned:
            _warn_of_margins(owner)
        if owner is not None and old_weights.needs_look(kind, origin):
            shapes = [tuple(weight.shape) for weight in owned]
            first = getattr(owner, "data_format", None) == "channels_first"
            arrays = old_weights.modern(kind, [source.read() for source in sources], shapes, origin, first)
            sources = [Remade(array, f"'{owner.name}' of {told}") for array in arrays]
        if len(sources) != len(owned):
            left = places
            break
        pairs += zip(owned, sources, strict=True)
    if left:
        raise FileError(
            f"Layer '{layer.name}' has another number of weights than {told}.", got=len(places), expected=len(weights)
        )
    return pairs


def _warn_of_margins(layer):
    """Theano put as many zeros before an image as behind it; later Kerases put the odd one behind."""
    sizes, strides = getattr(layer, "kernel_size", ()), getattr(layer, "strides", ())
    if getattr(layer, "padding", None) == "same" and (any(k % 2 == 0 for k in sizes) or any(s > 1 for s in strides)):
        warnings.warn(
            f"'{layer.name}' pads by 'same' with an even kernel or a stride, which Theano did one place off: "
            "its outputs are not those of the model that was saved.",
            stacklevel=6,
        )


def _owners(layer) -> dict[int, Any]:
    """By the ids of weights, the layer of a known kind that each belongs to."""
    if type(layer).__name__ in _KINDS:
        return {id(weight): layer for weight in layer.weights}
    found: dict[int, Any] = {}
    for inner in layer._layers:
        found |= _owners(inner)
    return found
