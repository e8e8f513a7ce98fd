"""Images from files and into files, as arrays and as pillow's images.

Above: the door `utils`, engine/data/image_folders.py.
Kept true: pillow is needed only where a file is read or written, and the error without it says so.
"""

from __future__ import annotations

import io
import os
import pathlib
import warnings

import numpy as np

from pellucid.errors import ArgumentError, ArgumentTypeError, FileError, MissingPackageError, ShapeError
from pellucid.settings import floatx, standardize_data_format

# What each kind of colours is called by pillow; several of grey hold more than 8 bits and are left as they are.
MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """The image of a file, as pillow has it.

    Args:
        path: a name, or an io.BytesIO.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: height and width; as in the file if None.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: cut the longer side first, so that nothing is stretched.

    Raises:
        FileError: it is no image.
        ArgumentError: an unknown colour mode or interpolation.
        MissingPackageError: pillow is not installed.
    """
    if color_mode not in MODES:
        raise ArgumentError("Unknown `color_mode`.", got=repr(color_mode), expected=", ".join(map(repr, MODES)))
    image = _opened(path)
    if image.mode not in MODES[color_mode]:
        image = image.convert(MODES[color_mode][0])
    if target_size is None:
        return image
    size = (target_size[1], target_size[0])
    if image.size == size:
        return image
    if interpolation not in INTERPOLATIONS:
        raise ArgumentError("Unknown `interpolation`.", got=repr(interpolation), expected=", ".join(INTERPOLATIONS))
    resample = getattr(_pillow().Resampling, interpolation.upper())
    return image.resize(size, resample, box=_middle(image.size, size) if keep_aspect_ratio else None)


def _opened(path):
    if not isinstance(path, (str, bytes, os.PathLike, io.BytesIO)):
        raise ArgumentTypeError("This names no file.", got=type(path).__name__, expected="a path, or an io.BytesIO")
    pillow = _pillow()
    data = path if isinstance(path, io.BytesIO) else io.BytesIO(pathlib.Path(os.fsdecode(path)).read_bytes())
    try:
        image = pillow.open(data)
        image.load()
    except (OSError, SyntaxError, pillow.DecompressionBombError) as error:
        raise FileError("The file is no image that pillow can read.", got=str(error), where=str(path)[:200]) from error
    return image


def _pillow():
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError("Images are read and written by pillow.", fix="pip install pillow") from error
    return Image


def _middle(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box in the middle of an image that has the form of another: left, top, right, bottom."""
    (width, height), (other_width, other_height) = size, wanted
    cut_height = min(height, width * other_height // other_width)
    cut_width = min(width, height * other_width // other_height)
    top, left = (height - cut_height) // 2, (width - cut_width) // 2
    return left, top, left + cut_width, top + cut_height


def img_to_array(img, data_format=None, dtype=None) -> np.ndarray:
    """The values of an image: (height, width, channels), or the other way round, in floatx or `dtype`.

    Raises:
        ShapeError: neither two nor three axes.
    """
    x = np.asarray(img, dtype=dtype or floatx())
    if x.ndim not in (2, 3):
        raise ShapeError("An image has two or three axes.", got=x.shape)
    x = x[..., None] if x.ndim == 2 else x
    return x if standardize_data_format(data_format) == "channels_last" else x.transpose(2, 0, 1)


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """The image of an array, as pillow has it.

    Args:
        x: (height, width, channels), or the other way round; 1, 3 or 4 channels.
        scale: whether its smallest and largest value become 0 and 255.

    Raises:
        ShapeError: no such array.
        MissingPackageError: pillow is not installed.
    """
    pillow = _pillow()
    x = np.asarray(x, dtype=dtype or floatx())
    if x.ndim != 3:
        raise ShapeError("An image has three axes.", got=x.shape, expected="(height, width, channels)")
    x = x if standardize_data_format(data_format) == "channels_last" else x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        raise ShapeError("An image has 1, 3 or 4 channels.", got=x.shape)
    if scale:
        x = x - x.min()
        x = (x / x.max() if x.max() else x) * 255
    if x.shape[2] == 1:
        return pillow.fromarray(x[..., 0].astype("int32" if x.max() > 255 else "uint8"))
    return pillow.fromarray(x.astype("uint8"))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs) -> None:
    """Write an array as an image.

    Args:
        path: a name, or an open file.
        file_format: such as "png"; by the ending of the name if None.
        kwargs: for pillow's `Image.save`.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = pathlib.Path(path).suffix[1:]
    kind = {"jpg": "jpeg"}.get((file_format or "").lower(), file_format)
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and (kind or "").lower() == "jpeg":
        warnings.warn("JPEG knows no transparency: the image is written as RGB.", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=kind, **kwargs)
