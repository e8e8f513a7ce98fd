"""Files from one kind to another: a model is loaded, saved, and compared with what was saved.

Below:  saving.py loads and saves.
Above:  the command `pellucid convert`.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

import torch

from pellucid.errors import ArgumentError, FileError
from pellucid.models import containers, saving

_WHOLE = (containers.KERAS, containers.SAFETENSORS, *containers.LEGACY)


@dataclass(frozen=True)
class Converted:
    """What went from one file to another.

    Attributes:
        notes: what loading warned of, one text each.
    """

    source: str
    target: str
    layers: int
    weights: int
    values: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        told = [f"note  {note}" for note in self.notes]
        told.append(
            f"{self.source} -> {self.target}\n{self.layers:,} layers, {self.weights:,} weights, {self.values:,} values; "
            "read back, all equal bit for bit"
        )
        return "\n".join(told)


def convert(source, target, custom_objects=None, overwrite: bool = False) -> Converted:
    """Write what a file holds as another kind of file, told by its ending; the optimizer's state goes along.

    Args:
        source: a file that `load_model` takes.
        target: ends with .keras, .safetensors or .h5 for a whole model, with .weights.h5 for weights alone.
        overwrite: whether a file that is there is replaced.

    Raises:
        ArgumentError: another ending, or the same file twice.
        FileError: the target is there, or one of the files is not as it should be.
    """
    source, target = os.fspath(source), os.fspath(target)
    if not target.endswith((*_WHOLE, containers.WEIGHTS)):
        raise ArgumentError(
            "The new file's name does not say what it shall be.",
            got=repr(target),
            expected=f"it ends with {', '.join(_WHOLE)} or {containers.WEIGHTS}",
        )
    if os.path.exists(target) and os.path.samefile(source, target):
        raise ArgumentError("A file is not converted into itself.", got=repr(target), fix="another name")
    if os.path.exists(target) and not overwrite:
        raise FileError("The file is there already.", got=repr(target), fix="another name, or --force")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = saving.load_model(source, custom_objects=custom_objects)
    is_whole = not target.endswith(containers.WEIGHTS)
    (saving.save_model if is_whole else saving.save_weights)(model, target)
    before = [weight.value.detach().clone() for weight in model.weights]
    _check_equal(_read_back(model, target, custom_objects, is_whole), before, target)
    return Converted(
        source,
        target,
        layers=len(model.layers),
        weights=len(before),
        values=sum(weight.numel() for weight in before),
        notes=tuple(dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught)),
    )


def _read_back(model, target: str, custom_objects, is_whole: bool):
    if is_whole:
        return saving.load_model(target, custom_objects=custom_objects, compile=False)
    for weight in model.weights:
        weight.assign(torch.zeros_like(weight.value))
    saving.load_weights(model, target)
    return model


def _check_equal(model, before: list[torch.Tensor], target: str):
    for weight, expected in zip(model.weights, before, strict=True):
        if not torch.equal(_bits(weight.value), _bits(expected)):
            raise FileError("The new file does not read back as the old one.", where=target, got=weight.path)


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8)  # no number is not equal to itself
