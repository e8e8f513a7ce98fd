"""Bad files of PyTorch: archives of tensors with what is no tensor, and with what is not there.

Above: corpus.py.
"""

from __future__ import annotations

import collections
import io
import pickle
import struct
import zipfile

import torch

from files import bad_files


class Opened:
    """Unpickled, it makes a file."""

    def __reduce__(self):
        return open, ("marker", "w")


def good() -> bytes:
    """Weights of two Linear modules, for a model of Dense layers with 4, 3 and 2 units."""
    sizes = {"0.weight": (3, 4), "0.bias": (3,), "1.weight": (2, 3), "1.bias": (2,)}
    return _saved(collections.OrderedDict((name, torch.ones(size)) for name, size in sizes.items()))


def _saved(data, **options) -> bytes:
    out = io.BytesIO()
    torch.save(data, out, **options)
    return out.getvalue()


def _repacked(data: bytes, change, compression=zipfile.ZIP_STORED) -> bytes:
    return bad_files.packed(change(bad_files.members(data)).items(), compression)


def every(data: bytes) -> dict[str, bytes]:
    """All bad files, by name."""
    members = bad_files.members(data)
    prefix = next(iter(members)).split("/")[0]
    code, first = f"{prefix}/data.pkl", f"{prefix}/data/0"
    state = torch.load(io.BytesIO(data), weights_only=True)

    def with_code(pickled: bytes) -> bytes:
        return _repacked(data, lambda parts: {**parts, code: pickled})

    def spoiled(name: str) -> bytes:
        at = data.find(members[name])
        return bad_files.patched(data, at + 3, bytes([data[at + 3] ^ 1]))

    return {
        "empty": b"",
        "a pickle": pickle.dumps(Opened()),
        "a pickle of tensors": _saved(state, _use_new_zipfile_serialization=False),
        "text": b"weights" * 100,
        "cut": data[: len(data) // 2],
        "last byte lost": data[:-1],
        "twice": data + data,
        "a call": _saved({**state, "more": Opened()}),
        "a call alone": with_code(pickle.dumps(Opened())),
        "a call by an old opcode": with_code(b"cbuiltins\neval\n(S'1'\ntR."),
        "a module": _saved(torch.nn.Linear(2, 2)),
        "an unknown opcode": with_code(b"\x80\x02\xff."),
        "a memo of 4 GB": with_code(b"\x80\x02}r" + struct.pack("<I", 2**32 - 1) + b"."),
        "no pickle": with_code(b""),
        "no code": _repacked(data, lambda parts: {key: value for key, value in parts.items() if key != code}),
        "no values": _repacked(data, lambda parts: {key: value for key, value in parts.items() if key != first}),
        "fewer values": _repacked(data, lambda parts: {**parts, first: parts[first][:4]}),
        "a changed number": spoiled(first),
        "a changed code": spoiled(code),
        "packed": _repacked(data, lambda parts: parts, zipfile.ZIP_DEFLATED),
        "a bomb": _repacked(data, lambda parts: {**parts, first: bytes(2**25)}, zipfile.ZIP_DEFLATED),
        "a list": _saved([1, 2]),
        "no tensors": _saved({"a": 1}),
        "a tensor alone": _saved(torch.ones(3)),
        "other shapes": _saved({name: torch.ones(5) for name in state}),
        "complex numbers": _saved({name: value.to(torch.complex64) for name, value in state.items()}),
        "sparse tensors": _saved({name: value.to_sparse() for name, value in state.items()}),
        "too few": _saved({"0.weight": state["0.weight"]}),
        "a name that climbs": _repacked(data, lambda parts: {**parts, "../marker": b"x"}),
    }
