"""HDF5, read by ourselves and written by h5py."""

from pellucid.files.hdf5.checksums import CHECKSUM, checksum
from pellucid.files.hdf5.reader import ArrayFacts, Hdf5File
from pellucid.files.hdf5.writing import written

__all__ = ["CHECKSUM", "ArrayFacts", "Hdf5File", "checksum", "written"]
