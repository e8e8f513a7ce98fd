"""State dicts as ``torch.save`` writes them: a zip whose members are checked, then read as data only.

Below:  safe_zip.py looks the archive over.
Above:  models/state_dicts.py.
Kept true: PyTorch's own reader runs with ``weights_only``: it knows the few opcodes and names that tensors need, and
           refuses all others. What is no tensor in the end is left out.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping

import torch

from pellucid.errors import FileError
from pellucid.files.safe_zip import SafeZip

ENDINGS = (".pt", ".pth")
_MOST_UNPACKED = 0  # PyTorch stores all members as they are
# Under which programs keep the weights among other things, and what wrappers put before each name.
_INSIDE = ("state_dict", "model_state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.")


def read(file) -> dict[str, torch.Tensor]:
    """The tensors of a file by name, in the file's order.

    Raises:
        FileError: no such file, damaged, or one that holds more than data.
    """
    if file.read(4) != b"PK\3\4":
        raise FileError(
            "This is no zip of tensors, as PyTorch writes them since 1.6.",
            fix="torch.save(torch.load(path, weights_only=True), new_path)",
        )
    archive = SafeZip(file)
    for name in archive.names:
        archive.open(name, _MOST_UNPACKED)  # its checksum is verified on the way
    file.seek(0)
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, ValueError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise FileError(
            "The file holds more than tensors, or is broken; only data is read.",
            got=reason[0][:300],
            fix="torch.save(module.state_dict(), path)",
        ) from error
    return _tensors(found)


def _tensors(found) -> dict[str, torch.Tensor]:
    if isinstance(found, Mapping) and not any(isinstance(value, torch.Tensor) for value in found.values()):
        found = next((found[key] for key in _INSIDE if isinstance(found.get(key), Mapping)), found)
    if not isinstance(found, Mapping):
        raise FileError("The file holds no tensors by name.", got=type(found).__name__, expected="a state dict")
    tensors = {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}
    if odd := [name for name, value in tensors.items() if value.is_complex() or value.layout != torch.strided]:
        raise FileError("The file holds tensors that no layer takes: complex or sparse ones.", got=", ".join(odd)[:200])
    for prefix in _PREFIXES:
        if tensors and all(name.startswith(prefix) for name in tensors):
            tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors
