"""NPZ files: several arrays in one zip, lists among them; nothing is ever run.

Below:  safe_zip.py unpacks, plain_pickle.py reads lists.
Above:  datasets/.
"""

from __future__ import annotations

import io

import numpy as np

from pellucid.errors import FileError
from pellucid.files import plain_pickle, source
from pellucid.files.safe_zip import SafeZip

_MOST_UNPACKED = 2**31
_HEADERS = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}


def read(path, *names: str) -> list[np.ndarray]:
    """The arrays of these names.

    Raises:
        FileError: the file is broken, holds more than plain data, or lacks one of them.
    """
    with source.refusals(str(path)), source.opened(path) as file:
        archive = SafeZip(file)
        if missing := [name for name in names if f"{name}.npy" not in archive.names]:
            raise FileError("The file lacks an array.", got=", ".join(archive.names[:20]), expected=", ".join(missing))
        return [_array(archive.read(f"{name}.npy", _MOST_UNPACKED)) for name in names]


def _array(data: bytes) -> np.ndarray:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    _, _, dtype = _HEADERS[2 if version[0] > 1 else 1](file)
    if dtype.hasobject:
        return plain_pickle.loads(file.read(), encoding="latin1")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
