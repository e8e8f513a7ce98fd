"""Weights as safetensors: a header in JSON that says where each tensor lies, then the tensors' bytes.

Above:  convert/torch/ keeps the weights of PyTorch modules so, safetensors_model.py whole models, which it also reads.
Kept true: tensors lie one behind the other, the widest numbers first, each at a multiple of its numbers' width.

Source: the safetensors format, version 0.4 and up.
"""

from __future__ import annotations

import json
import struct

import torch

from pellucid.errors import DtypeError, FileError

_DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
_ALIGNED = 8


def write(file, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors into an open binary file.

    Raises:
        DtypeError: a tensor of a dtype that the format does not have.
    """
    order = sorted(tensors, key=lambda name: -tensors[name].element_size())
    header = json.dumps(_header(order, tensors, metadata), separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGNED)
    file.write(struct.pack("<Q", len(header)) + header)
    for name in order:
        file.write(memoryview(_bytes(tensors[name])))


def _header(order, tensors, metadata) -> dict:
    header: dict = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name in order:
        tensor = tensors[name]
        if tensor.dtype not in _DTYPES:
            raise DtypeError(
                f"Safetensors has no dtype for '{name}'.", got=str(tensor.dtype), expected=", ".join(_DTYPES.values())
            )
        start, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    return header


def _bytes(tensor: torch.Tensor):
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()


def check(file) -> None:
    """Raise unless an open file is as long as its header says.

    Raises:
        FileError: it is not.
    """
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    wanted, found = 8 + length + max(ends, default=0), file.seek(0, 2)
    if wanted != found:
        raise FileError("The weights were not written wholly.", got=f"{found} bytes", expected=f"{wanted} bytes")
