"""Folders of texts as data.

Below:  folders.py finds files and labels.
"""

from __future__ import annotations

import pathlib

from pellucid.engine.data.folders import Folder, from_folder
from pellucid.engine.data.image_folders import check_format

ENDINGS = (".txt",)


def text_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    max_length=None,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    format="tf",
    verbose=True,
):
    """Texts of a folder, with labels from the names of the folders inside; a `Dataset`.

    Args:
        max_length: characters that are kept of each text; all if None.
        format: whatever Keras would return, a `Dataset` is returned here; it has the methods of tf.data's.

    The others are as in `Folder`.

    Returns:
        Batches ``(texts, labels)``; texts an array of strings, (batch,). `class_names` and `file_paths` are
        attributes. A pair of data sets for ``subset="both"``.

    Raises:
        ArgumentError: an argument that cannot be, or does not go with another.
        MissingFileError, DataError: there is no such folder, or no text in it.
    """
    check_format(format)

    def read(path: str) -> str:
        return pathlib.Path(path).read_bytes().decode("utf-8", errors="replace")[:max_length]

    asked = Folder(
        directory,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
        ENDINGS,
    )
    return from_folder(asked, read)
