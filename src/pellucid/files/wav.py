"""WAV files: sound as numbers from -1 to 1.

Above: engine/data/audio_folders.py.
"""

from __future__ import annotations

import pathlib
import wave

import numpy as np

from pellucid.errors import FileError


def read(path: str) -> tuple[np.ndarray, int]:
    """The samples of a file, (samples, channels), from -1 to 1, and how many there are in a second.

    Raises:
        FileError: it is no WAV file of 8, 16, 24 or 32 bit whole numbers.
    """
    try:
        with wave.open(str(pathlib.Path(path))) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise FileError("This is no WAV file of whole numbers.", got=str(error), where=str(path)) from error
    count = len(data) // (width * channels)
    raw = np.frombuffer(data, "uint8", count * channels * width).reshape(count, channels, width)
    if width == 1:  # these alone are counted from 0
        raw = raw ^ 0x80
    wide = np.zeros((count, channels, 4), "uint8")
    wide[..., 4 - width :] = raw
    return (wide.view("<i4")[..., 0] / 2**31).astype("float32"), rate
