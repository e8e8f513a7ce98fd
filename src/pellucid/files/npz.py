"""NPZ files: several arrays in one zip, lists among them; nothing is ever run.

Below:  plain_pickle.py reads lists.
Above:  datasets/.
"""

from __future__ import annotations

import io
import zipfile

import numpy as np

from pellucid.errors import FileError
from pellucid.files import plain_pickle

_HEADERS = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}


def read(path, *names: str) -> list[np.ndarray]:
    """The arrays of these names.

    Raises:
        FileError: the file is broken, holds more than plain data, or lacks one of them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [_array(archive.read(f"{name}.npy")) for name in names]
    except KeyError as error:
        raise FileError(
            "The file lacks an array.", got=str(error), expected=", ".join(names), where=str(path)
        ) from error
    except (zipfile.BadZipFile, ValueError, EOFError, OSError) as error:
        if isinstance(error, (FileError, FileNotFoundError)):
            raise
        raise FileError("The file of arrays is broken.", got=str(error), where=str(path)) from error


def _array(data: bytes) -> np.ndarray:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    _, _, dtype = _HEADERS[2 if version[0] > 1 else 1](file)
    if dtype.hasobject:
        return plain_pickle.loads(file.read(), encoding="latin1")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
