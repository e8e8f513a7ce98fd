"""The checksums that our own HDF5 files carry: beside each array, and at the root for all but the arrays' values.

Readers that do not know them skip them.

Above: reader.py compares them; weights_h5.py, legacy_h5.py and writing.py write them.
"""

from __future__ import annotations

import json
import zlib

import numpy as np

CHECKSUM = "crc32"


def checksum(path: str, name: str, dtype: str, values: np.ndarray) -> int:
    """The CRC-32 of an array's name, dtype, shape and bytes."""
    head = f"{path}/{name}|{dtype}|{values.shape}".encode()
    flat = np.ascontiguousarray(values).reshape(-1)
    return zlib.crc32(flat.view("u1").data, zlib.crc32(head))


def description_checksum(described: dict) -> int:
    """The CRC-32 of what a file holds beside values: names, shapes, dtypes and attributes.

    Args:
        described: path of each group and array -> what is told there, as plain data.
    """
    crc = 0
    for path in sorted(described):
        crc = zlib.crc32(json.dumps([path, described[path]]).encode(), crc)
    return crc
