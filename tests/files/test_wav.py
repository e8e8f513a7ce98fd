"""WAV files of every width, written by Python's own module."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from pellucid import errors
from pellucid.files import wav


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_are_shares_of_the_largest(tmp_path, width, channels):
    largest = 2 ** (8 * width - 1)
    whole = np.array([0, largest // 2, -largest, largest // 4], "int64").reshape(-1, channels)
    stored = whole + largest if width == 1 else whole  # bytes are counted from 0
    data = b"".join(int(one).to_bytes(width, "little", signed=width > 1) for one in stored.flat)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((channels, width, 8000, len(whole), "NONE", ""))
        file.writeframes(data)
    samples, rate = wav.read(tmp_path / "a.wav")
    assert rate == 8000
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, whole / largest)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"no sound at all"])
def test_what_is_no_sound_is_refused(tmp_path, data):
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(errors.FileError, match=r"no WAV file(?s:.*)a\.wav"):
        wav.read(tmp_path / "a.wav")
