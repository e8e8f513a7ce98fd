"""The checksums that our own HDF5 files carry beside each array; readers that do not know them skip them.

Above: reader.py compares them, weights_h5.py and legacy_h5.py write them.
"""

from __future__ import annotations

import zlib

import numpy as np

CHECKSUM = "crc32"


def checksum(path: str, name: str, dtype: str, values: np.ndarray) -> int:
    """The CRC-32 of an array's name, dtype, shape and bytes."""
    head = f"{path}/{name}|{dtype}|{values.shape}".encode()
    flat = np.ascontiguousarray(values).reshape(-1)
    return zlib.crc32(flat.view("u1").data, zlib.crc32(head))
