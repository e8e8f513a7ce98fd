"""The checksums that our own HDF5 files carry: beside each array, and at the root for all but the arrays' values.

Readers that do not know them skip them.

Above: reader.py compares them; weights_h5.py, legacy_h5.py and writing.py write them.
"""

from __future__ import annotations

import json
import zlib

import numpy as np

from pellucid.files.crc import joined
from pellucid.files.filling import summed

CHECKSUM = "crc32"
_SMALL = 2**16


def checksum(path: str, name: str, dtype: str, values: np.ndarray, crc: int | None = None) -> int:
    """The CRC-32 of an array's name, dtype, shape and bytes.

    Args:
        crc: that of the bytes, where it is known already.
    """
    head = zlib.crc32(f"{path}/{name}|{dtype}|{values.shape}".encode())
    if crc is None or values.nbytes < _SMALL:  # for few bytes, summing is quicker than joining sums
        return summed(np.ascontiguousarray(values).reshape(-1).view("u1"), head)
    return joined(head, crc, values.nbytes)


def description_checksum(described: dict) -> int:
    """The CRC-32 of what a file holds beside values: names, shapes, dtypes and attributes.

    Args:
        described: path of each group and array -> what is told there, as plain data.
    """
    crc = 0
    for path in sorted(described):
        crc = zlib.crc32(json.dumps([path, described[path]]).encode(), crc)
    return crc
