"""Files that others published and Keras keeps on this machine: where each lies, and what to do if it does not.

Above:     building.py finds weights by this, imagenet_utils.py the names of classes.
Kept true: nothing is ever fetched from the network. A file that is there is taken as it is: reading it runs nothing,
           and weights of other shapes are refused.
"""

from __future__ import annotations

import pathlib
import urllib.parse
from dataclasses import dataclass

from pellucid.errors import MissingFileError
from pellucid.settings import keras_home

SITE = "https://storage.googleapis.com/tensorflow/keras-applications/"
KERNELS = "_weights_tf_dim_ordering_tf_kernels{}.h5"


@dataclass(frozen=True)
class Published:
    """A file, or two: the second without the top of the network.

    Args:
        name: in Keras's folder; ``{}`` stands where `without_top` goes.
        folder: on the site, below the applications' own, or from the top if it begins with a slash.
        hashes: MD5 or SHA-256 of each, where Keras knows it.
        original: the name on the site, where it is another.
    """

    name: str
    folder: str
    hashes: tuple[str, ...] = ()
    without_top: str = "_notop"
    original: str = ""

    def path(self, include_top: bool = True) -> pathlib.Path:
        """Where the file lies.

        Raises:
            MissingFileError: it is not there; the text says what to fetch, and where to put it.
        """
        path = keras_home() / "models" / self._filled(self.name, include_top)
        if path.exists():
            return path
        index = 0 if include_top else 1
        expected = str(path)
        if self.hashes:
            expected += f", {'MD5' if len(self.hashes[index]) == 32 else 'SHA-256'} {self.hashes[index]}"
        source = urllib.parse.urljoin(SITE, f"{self.folder}/{self._filled(self.original or self.name, include_top)}")
        raise MissingFileError(
            f"'{path.name}' is not on this machine, and Pellucid fetches nothing from the network by itself.",
            expected=expected,
            fix=f"curl --create-dirs -o '{path}' {source}",
        )

    def _filled(self, name: str, include_top: bool) -> str:
        return name.format("" if include_top else self.without_top)
