"""Folders of images as data.

Below:  folders.py finds files and labels; files/images.py reads one.
"""

from __future__ import annotations

import torch

from pellucid.engine.data.folders import Folder, from_folder
from pellucid.errors import ArgumentError
from pellucid.files.images import img_to_array, load_img
from pellucid.ops.resampling import resize
from pellucid.settings import standardize_data_format

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
COLOR_MODES = ("rgb", "rgba", "grayscale")


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    format="tf",
    verbose=True,
):
    """Images of a folder, resized, with labels from the names of the folders inside; a `Dataset`.

    Args:
        color_mode: "rgb", "rgba" or "grayscale".
        image_size: height and width.
        batch_size: images in a batch; None for single images.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5".
        crop_to_aspect_ratio, pad_to_aspect_ratio: cut or pad first, so that nothing is stretched.
        format: "tf" draws another order of files in each pass, "grain" keeps the first; both give a `Dataset`.

    The others are as in `Folder`.

    Returns:
        Batches ``(images, labels)``; images (batch, height, width, channels), values 0 to 255. `class_names` and
        `file_paths` are attributes. A pair of data sets for ``subset="both"``.

    Raises:
        ArgumentError: an argument that cannot be, or does not go with another.
        MissingFileError, DataError: there is no such folder, or no image in it.
        MissingPackageError: pillow is not installed.
        FileError: while batches are made: a file is no image.
    """
    if color_mode not in COLOR_MODES:
        raise ArgumentError("Unknown `color_mode`.", got=repr(color_mode), expected=", ".join(map(repr, COLOR_MODES)))
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    data_format = standardize_data_format(data_format)
    how = {
        "interpolation": interpolation.lower(),
        "crop_to_aspect_ratio": crop_to_aspect_ratio,
        "pad_to_aspect_ratio": pad_to_aspect_ratio,
        "data_format": data_format,
    }
    resize(torch.zeros(2, 2, 2), size, **how)  # what cannot be is refused now, not in the first batch

    def read(path: str) -> torch.Tensor:
        image = img_to_array(load_img(path, color_mode=color_mode), data_format, dtype="float32")
        return resize(torch.from_numpy(image), size, **how)

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
