"""Spectrograms of sounds: Keras's numbers; tones lie where they are, by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

import pellucid
from pellucid import layers

RNG = np.random.default_rng(0)
SOUND = RNG.uniform(-1, 1, (2, 900)).astype("float32")
MELS = [
    {"fft_length": 256, "sequence_stride": 64, "num_mel_bins": 12},
    {"fft_length": 128, "sequence_stride": 50, "sequence_length": 90, "num_mel_bins": 9, "window": "hamming"},
    {"fft_length": 128, "sequence_stride": 64, "num_mel_bins": 40, "sampling_rate": 8000, "power_to_db": False},
    {"fft_length": 64, "sequence_stride": 64, "num_mel_bins": 5, "top_db": 3.0, "ref_power": 7.0, "mag_exp": 1.0},
    {
        "fft_length": 200,
        "sequence_stride": 30,
        "num_mel_bins": 7,
        "min_freq": 300.0,
        "max_freq": 3000.0,
        "window": None,
    },
]


@pytest.mark.parametrize("kwargs", MELS)
def test_loudness_of_pitches_is_kerass(kwargs):
    ours, theirs = (library.MelSpectrogram(**kwargs) for library in (layers, keras.layers))
    for given in (SOUND, SOUND[0]):
        x, y = (torch.tensor(given, requires_grad=True) for _ in range(2))
        found, expected = ours(x), theirs(y)
        scale = float(expected.detach().abs().max())
        np.testing.assert_allclose(found.detach(), expected.detach(), atol=1e-5 * scale)
        found.sum().backward()
        expected.sum().backward()
        np.testing.assert_allclose(x.grad, y.grad, atol=1e-4 * float(y.grad.abs().max()))
        assert tuple(ours.compute_output_shape(given.shape)) == tuple(found.shape)
    assert ours.get_config().keys() == theirs.get_config().keys()
    again = layers.MelSpectrogram.from_config(ours.get_config())
    assert torch.equal(again(SOUND), ours(SOUND)) and again.get_config() == ours.get_config()
    assert theirs.from_config(ours.get_config())


@pytest.mark.parametrize("samples", [127, 128, 129, 191])
def test_the_declared_number_of_frames_is_the_real_one(samples):
    for fft_length in (64, 63):
        layer = layers.MelSpectrogram(fft_length=fft_length, sequence_stride=32, num_mel_bins=4)
        assert layer(np.ones((2, samples))).shape == layer.compute_output_shape((2, samples))
    assert layer.compute_output_shape((None, None)) == (None, 4, None)
    assert layer(pellucid.Input((samples,))).shape == (None, *layer.compute_output_shape((samples,)))


def test_weights_of_frequencies_are_kerass():
    ours, theirs = (library.MelSpectrogram() for library in (layers, keras.layers))
    for kwargs in (
        {},
        {"num_mel_bins": 80, "num_spectrogram_bins": 1025, "sampling_rate": 16000, "upper_edge_hertz": 8000.0},
    ):
        found, expected = (layer.linear_to_mel_weight_matrix(**kwargs) for layer in (ours, theirs))
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert ours.linear_to_mel_weight_matrix(dtype="float64").dtype is torch.float64


def test_silence_is_the_least_power():
    assert (layers.MelSpectrogram(num_mel_bins=4)(np.zeros((1, 4000))) == -100).all()


@pytest.mark.parametrize("dtype", ["float64", "mixed_bfloat16"])
def test_pitches_come_in_the_compute_dtype(dtype):
    layer = layers.MelSpectrogram(fft_length=128, sequence_stride=64, num_mel_bins=4, dtype=dtype)
    found = layer(SOUND)
    assert pellucid.backend.standardize_dtype(found.dtype) == layer.compute_dtype
    exact = layers.MelSpectrogram(fft_length=128, sequence_stride=64, num_mel_bins=4)(SOUND)
    np.testing.assert_allclose(found.float(), exact, rtol=1e-2, atol=0.1)


def test_a_tone_is_loud_at_its_frequency():
    """A wave of 4 turns in 32 samples lies at frequency 4, with a window's neighbors; power 1/4 in a spectrum."""
    wave = np.cos(2 * np.pi * 4 * np.arange(96) / 32).reshape(1, -1, 1)
    layer = layers.STFTSpectrogram(mode="psd", frame_length=32, frame_step=16, periodic=True, scaling="spectrum")
    found = layer(wave)[0].detach()
    assert found.shape == (5, 17) and (found.argmax(-1) == 4).all()
    np.testing.assert_allclose(found[:, 4], 0.5, rtol=1e-5)  # both halves of the spectrum, 1/4 each


def test_its_waves_may_be_learned_or_not():
    model = pellucid.Sequential([pellucid.Input((40, 1)), layers.STFTSpectrogram(frame_length=8), layers.Flatten()])
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(SOUND[:, :40, None], np.zeros((2, 9 * 5)), verbose=0)
    assert all(not np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
    still = layers.STFTSpectrogram(trainable=False)
    still.build((None, 512, 1))
    assert (len(still.trainable_weights), len(still.non_trainable_weights)) == (0, 2)


def test_a_length_that_costs_time_is_told():
    with pytest.warns(UserWarning, match="no power of two"):
        layers.STFTSpectrogram(frame_length=8, fft_length=10)


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: layers.MelSpectrogram(fft_length=64, sequence_length=65), ValueError, "not longer than"),
        (lambda: layers.STFTSpectrogram(mode="loud"), ValueError, "Unknown `mode`"),
        (lambda: layers.STFTSpectrogram(padding="causal"), ValueError, "Unknown `padding`"),
        (lambda: layers.STFTSpectrogram(scaling="l2"), ValueError, "Unknown `scaling`"),
        (lambda: layers.STFTSpectrogram(window="round"), ValueError, "no window 'round'"),
        (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=9), ValueError, "Frames overlap"),
        (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=0), ValueError, "Frames overlap"),
        (lambda: layers.STFTSpectrogram(frame_length=8, fft_length=4), ValueError, "not longer than"),
        (lambda: layers.STFTSpectrogram(frame_length=8)(np.ones((1, 9, 1), "int32")), TypeError, "are fractions"),
    ],
)
def test_mistakes_are_told(make, kind, text):
    with pytest.raises(kind, match=text):
        make()
