"""Folders of texts as data.

Below:  folders.py finds files and labels.
"""

from __future__ import annotations

import pathlib

from pellucid.engine.data.folders import Folder, from_folder
from pellucid.engine.data.strings import Strings

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
        format: "tf" gives texts as `Strings` and draws another order of files in each pass; "grain" gives Python's own
            strings and keeps the order. Both give a `Dataset`.

    The others are as in `Folder`.

    Returns:
        Batches ``(texts, labels)``; texts are (batch,). `class_names` and `file_paths` are
        attributes. A pair of data sets for ``subset="both"``.

    Raises:
        ArgumentError: an argument that cannot be, or does not go with another.
        MissingFileError, DataError: there is no such folder, or no text in it.
    """

    def read(path: str) -> str | Strings:
        text = pathlib.Path(path).read_bytes().decode("utf-8", errors="replace")[:max_length]
        return Strings(text) if format == "tf" else text

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
        format,
    )
    return from_folder(asked, read)
