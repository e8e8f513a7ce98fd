"""Writing HDF5 into files that are open already, or into a part of one.

Below:  h5py, the format's own library, writes; reader.py tells what the file says, for its checksum.
Above:  weights_h5.py and legacy_h5.py.
"""

from __future__ import annotations

import contextlib

import h5py
import numpy as np

from pellucid.files.hdf5.checksums import CHECKSUM
from pellucid.files.hdf5.reader import Hdf5File
from pellucid.files.source import Window


@contextlib.contextmanager
def written(file):
    """A new HDF5 file inside an open binary file, or a window of one; closed, it gets a checksum of its description.

    Raises:
        OSError: the disk is full, or refuses in another way.
    """
    window = file if isinstance(file, Window) else Window(file, 0)
    try:
        with h5py.File(window, "w") as h5:
            yield h5
        with Hdf5File(window, window.length) as told:
            description = np.uint32(told.description())
        with h5py.File(window, "r+") as h5:
            h5.attrs[CHECKSUM] = description
    except Exception as error:
        if window.failure is not None:
            raise window.failure from error
        raise
