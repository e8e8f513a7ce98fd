"""Folders of sounds as data.

Below:  folders.py finds files and labels; files/wav.py reads one.
"""

from __future__ import annotations

import math

import torch

from pellucid.engine.data.folders import Folder, from_folder
from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.files import wav

ENDINGS = (".wav",)
ZEROS = 6  # of the sinc, on either side, that a resampled sound is weighed with


def audio_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    sampling_rate=None,
    output_sequence_length=None,
    ragged=False,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    verbose=True,
):
    """Sounds of a folder, with labels from the names of the folders inside; a `Dataset`.

    Args:
        sampling_rate: samples in a second, to which sounds are brought; as in the files if None.
        output_sequence_length: samples that are kept, or filled up to with 0; those of the longest in a batch if None.

    The others are as in `Folder`.

    Returns:
        Batches ``(sounds, labels)``; sounds (batch, samples, channels), values -1 to 1. `class_names` and `file_paths`
        are attributes. A pair of data sets for ``subset="both"``.

    Raises:
        ArgumentError: an argument that cannot be, or does not go with another.
        MissingFileError, DataError: there is no such folder, or no sound in it.
        FileError: while batches are made: a file is no WAV file.
        UnsupportedError: `ragged` batches.
    """
    if ragged:
        raise UnsupportedError("Batches are dense here.", got="ragged=True", fix="ragged=False  # filled up with 0")
    if sampling_rate is not None and (not isinstance(sampling_rate, int) or sampling_rate <= 0):
        raise ArgumentError("`sampling_rate` is a whole number.", got=repr(sampling_rate), expected="1 or more")

    def read(path: str) -> torch.Tensor:
        samples, rate = wav.read(path)
        sound = torch.from_numpy(samples)
        if output_sequence_length is not None:
            sound = fitted(sound, output_sequence_length)
        return sound if sampling_rate is None else resampled(sound, rate, sampling_rate)

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
    return from_folder(asked, read, batch=lambda dataset: dataset.padded_batch(batch_size))


def fitted(sound: torch.Tensor, samples: int) -> torch.Tensor:
    """The beginning of a sound, or the sound with silence behind it."""
    sound = sound[:samples]
    return torch.nn.functional.pad(sound, (0, 0, 0, samples - len(sound)))


def resampled(sound: torch.Tensor, rate: int, wanted: int) -> torch.Tensor:
    """A sound with another number of samples in a second.

    Each new sample is a sum of old ones near it, weighed by a sinc under a Hann window; what is too high for the
    lower of both rates is left out.

    Source: Smith, Digital Audio Resampling, https://ccrma.stanford.edu/~jos/resample.
    """
    if rate == wanted or not len(sound):
        return sound
    common = math.gcd(rate, wanted)
    old, new = rate // common, wanted // common
    cutoff = min(old, new) * 0.99  # a little room for the window's slope
    reach = math.ceil(ZEROS * old / cutoff)
    times = torch.arange(new)[:, None] / new - torch.arange(-reach, reach + old)[None] / old
    inside = (times * cutoff).clamp(-ZEROS, ZEROS)
    kernel = torch.sinc(inside) * torch.cos(inside * math.pi / ZEROS / 2) ** 2 * cutoff / old
    padded = torch.nn.functional.pad(sound.T[:, None], (reach, reach + old))
    made = torch.nn.functional.conv1d(padded, kernel[:, None], stride=old)  # (channels, new, blocks)
    return made.transpose(1, 2).reshape(len(made), -1)[:, : math.ceil(new * len(sound) / old)].T
