"""Spectrograms of sounds: STFTSpectrogram, whose waves can be learned, and MelSpectrogram, by the pitches that people hear.

Below: ops/fourier.py and ops/convolution.py do the arithmetic; initializers/fourier.py makes the waves.
"""

from __future__ import annotations

import math
import warnings

import torch

from pellucid import initializers, ops
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.scopes import current_device
from pellucid.graph.values import convert_to_tensor
from pellucid.initializers.fourier import window_values
from pellucid.layers import window_shapes
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Along, Follow, Keep, Repeat, Slide
from pellucid.ops.convolution import convolve
from pellucid.settings import epsilon, standardize_data_format


def _power(real, imag):
    return real.square() + imag.square()


def _density(real, imag):
    """Power, and that of the mirrored half of the spectrum: all frequencies but the first and the last have a twin."""
    power = _power(real, imag)
    times = torch.full((power.shape[-1],), 2.0, dtype=power.dtype, device=power.device)
    times[0] = times[-1] = 1.0
    return power * times


def _magnitude(real, imag):
    return _power(real, imag).clamp(min=epsilon()).sqrt()


# By mode, what becomes of the sums with cosines and with sines, (batch, channels, frames, frequencies).
_MODES = {
    "log": lambda real, imag: _magnitude(real, imag).clamp(min=epsilon()).log(),
    "magnitude": _magnitude,
    "psd": _density,
    "real": lambda real, imag: real,
    "imag": lambda real, imag: imag,
    "angle": lambda real, imag: torch.arctan2(imag, real),
    "stft": lambda real, imag: torch.cat([real, imag], dim=-1),
}


class STFTSpectrogram(Described):
    """How much of each frequency there is in each frame of a sound: sums with windowed waves, which are weights.

    Shapes:
        input        (batch, samples, channels), or channels before samples with channels_first
        real_kernel  (frame_length, 1, fft_length // 2 + 1), and so is imag_kernel
        output       (batch, frames, channels * frequencies), or channels * frequencies before frames;
                     with expand_dims (batch, frames, frequencies, channels), or channels, frames, frequencies

    Args:
        mode: "log" (of the magnitude), "magnitude", "psd" (power), "real", "imag", "angle", or "stft" (real, then
            imaginary parts: twice the frequencies).
        frame_length: samples in a frame.
        frame_step: samples from one frame to the next; half a frame if None.
        fft_length: the least power of two that holds a frame if None.
        window: its name, its values, or None.
        periodic: whether the window's value after the last would be the first again.
        scaling: "density", "spectrum" or None.
        padding: "valid" or "same".
        expand_dims: whether frequencies have an axis of their own.

    Raises:
        ArgumentError: lengths that do not fit together, or an unknown word.
        ArgumentTypeError: a call on whole numbers.

    Source: keras.layers.STFTSpectrogram, Keras 3.15.
    """

    def __init__(
        self,
        mode="log",
        frame_length=256,
        frame_step=None,
        fft_length=None,
        window="hann",
        periodic=False,
        scaling="density",
        padding="valid",
        expand_dims=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.keep(locals())
        self.data_format = standardize_data_format(data_format)
        for word, known in (
            ("mode", tuple(_MODES)),
            ("scaling", (None, "density", "spectrum")),
            ("padding", ("valid", "same")),
        ):
            if getattr(self, word) not in known:
                raise ArgumentError(
                    f"Unknown `{word}`.", got=repr(getattr(self, word)), expected=", ".join(map(repr, known))
                )
        self._check_lengths()
        if isinstance(window, str):
            window_values(window, 1)
        self._step = frame_step or max(frame_length // 2, 1)
        self._frequencies = (fft_length or 2 ** math.ceil(math.log2(frame_length))) // 2 + 1
        self.input_spec = InputSpec(ndim=3)

    def _check_lengths(self):
        step, length, fft_length = self.frame_step, self.frame_length, self.fft_length
        if step is not None and not 1 <= step <= length:
            raise ArgumentError(
                "Frames overlap, or lie side by side.",
                got=f"frame_step={step}",
                expected=f"from 1 to frame_length={length}",
                fix=f"frame_step={max(length // 2, 1)}",
            )
        if fft_length is not None and fft_length < length:
            raise ArgumentError(
                "A frame is not longer than the transform.",
                got=f"fft_length={fft_length}",
                expected=f"frame_length={length} or more",
            )
        if fft_length is not None and fft_length & (fft_length - 1):
            warnings.warn(f"fft_length={fft_length} is no power of two, which costs time.", stacklevel=3)

    def build(self, input_shape):
        shape = (self.frame_length, 1, self._frequencies)
        for side in ("real", "imag"):
            if self.mode not in ({"real", "imag"} - {side}):
                waves = initializers.STFT(side, self.window, self.scaling, self.periodic)
                setattr(self, f"{side}_kernel", self.add_weight(shape, waves, name=f"{side}_kernel"))

    def call(self, inputs):
        if not inputs.is_floating_point():
            raise ArgumentTypeError(
                "Samples are fractions.", got=inputs.dtype, expected="a float dtype", fix='ops.cast(x, "float32")'
            )
        real = None if self.mode == "imag" else self._summed(inputs, self.real_kernel)
        imag = None if self.mode == "real" else self._summed(inputs, self.imag_kernel)
        found = _MODES[self.mode](real, imag)
        if self.data_format == "channels_last":
            return found.permute(0, 2, 3, 1) if self.expand_dims else found.transpose(1, 2).flatten(2)
        return found if self.expand_dims else found.transpose(2, 3).flatten(1, 2)

    def _summed(self, inputs, kernel):
        """Sums of frames with waves: (batch, channels, frames, frequencies)."""
        samples = inputs.movedim(-1, 1) if self.data_format == "channels_last" else inputs
        rows = samples.reshape(-1, samples.shape[-1], 1)
        found = convolve(rows, kernel.value.to(rows.dtype), None, self._step, self.padding, "channels_last")
        return found.reshape(*samples.shape[:2], *found.shape[1:])

    def compute_output_shape(self, input_shape):
        [frames] = window_shapes.slid(
            self, input_shape, (self.frame_length,), (self._step,), (1,), self.padding, self.data_format
        )
        channels = window_shapes.channels(input_shape, self.data_format)
        frequencies = self._frequencies * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            last = self.data_format == "channels_last"
            return (input_shape[0], *((frames, frequencies, channels) if last else (channels, frames, frequencies)))
        both = None if channels is None else channels * frequencies
        return window_shapes.with_channels(input_shape, (frames,), both, self.data_format)

    def links(self):
        slide = Slide(self.frame_length, self._step, 1, self.padding)
        if self.expand_dims:
            last = self.data_format == "channels_last"
            return Follow(((slide, 0), (Keep(), 2)) if last else ((Keep(), 0), (slide, 1)))
        channels = Repeat(self._frequencies * (2 if self.mode == "stft" else 1))
        return Along({0: slide, 1: channels} if self.data_format == "channels_last" else {0: channels, 1: slide})


class MelSpectrogram(Described):
    """How loud each pitch is in each frame of a sound. Pitches lie as people hear them, on the mel scale.

    The loudest pitch of a batch says how quiet the others may be, so that no link tells what feeds what.

    Shapes:
        input   (batch, samples) or (samples,)
        output  (batch, num_mel_bins, frames) or (num_mel_bins, frames)

    Args:
        fft_length: samples that are transformed at once; frames are filled with zeros up to it.
        sequence_stride: samples from one frame to the next.
        sequence_length: samples in a frame; `fft_length` if None.
        window: "hann", "hamming", its values, or None.
        sampling_rate: samples in a second.
        num_mel_bins: how many pitches.
        min_freq, max_freq: of the lowest and the highest pitch, in hertz; half the sampling rate if None.
        power_to_db: whether loudness is in decibels above `ref_power`, `top_db` below the loudest at least.
        mag_exp: 1 for magnitudes, 2 for power.
        min_power: the least that counts.

    Raises:
        ArgumentError: a frame longer than the transform.

    Source: keras.layers.MelSpectrogram, Keras 3.15.
    """

    def __init__(
        self,
        fft_length=2048,
        sequence_stride=512,
        sequence_length=None,
        window="hann",
        sampling_rate=16000,
        num_mel_bins=128,
        min_freq=20.0,
        max_freq=None,
        power_to_db=True,
        top_db=80.0,
        mag_exp=2.0,
        min_power=1e-10,
        ref_power=1.0,
        **kwargs,
    ):
        sequence_length, max_freq = sequence_length or fft_length, max_freq or int(sampling_rate / 2)
        if fft_length < sequence_length:
            raise ArgumentError(
                "A frame is not longer than the transform.",
                got=f"sequence_length={sequence_length}",
                expected=f"fft_length={fft_length} or less",
            )
        super().__init__(**kwargs)
        self.keep(locals())
        self._allow_non_tensor_positional_args = True
        self._build_at_init()

    def call(self, inputs):
        dtype = self.compute_dtype if self.compute_dtype in ("float32", "float64") else "float32"
        samples = convert_to_tensor(inputs, dtype=dtype)
        real, imag = ops.stft(
            samples, self.sequence_length, self.sequence_stride, self.fft_length, window=self.window, center=True
        )
        loudness = _power(real, imag) ** (self.mag_exp / 2)
        pitches = loudness @ self._scale(loudness.shape[-1]).to(loudness)
        return ops.cast((self._decibels(pitches) if self.power_to_db else pitches).mT, self.compute_dtype)

    def _scale(self, frequencies):
        return self.linear_to_mel_weight_matrix(
            self.num_mel_bins, frequencies, self.sampling_rate, self.min_freq, self.max_freq
        )

    def _decibels(self, power):
        found = 10.0 * power.clamp(min=self.min_power).log10()
        found = found - 10.0 * math.log10(max(abs(self.ref_power), self.min_power))
        return torch.maximum(found, found.max() - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins=20,
        num_spectrogram_bins=129,
        sampling_rate=8000,
        lower_edge_hertz=125.0,
        upper_edge_hertz=3800.0,
        dtype="float32",
    ):
        """How much of each frequency belongs to each pitch: a triangle over its two neighbors' distance.

        Shapes:
            output  (num_spectrogram_bins, num_mel_bins)
        """
        like = {"dtype": to_torch(dtype), "device": current_device()}
        frequencies = torch.linspace(0.0, sampling_rate / 2.0, num_spectrogram_bins, **like)[1:]
        ends = _mel(torch.tensor([lower_edge_hertz, upper_edge_hertz], **like))
        edges = ends[0] + torch.arange(num_mel_bins + 2, **like) / (num_mel_bins + 1) * (ends[1] - ends[0])
        low, center, high = edges[:-2], edges[1:-1], edges[2:]
        pitch = _mel(frequencies)[:, None]
        rising, falling = (pitch - low) / (center - low), (high - pitch) / (high - center)
        weights = torch.minimum(rising, falling).clamp(min=0.0)
        return torch.nn.functional.pad(weights, (0, 0, 1, 0))

    def compute_output_shape(self, input_shape):
        *batch, samples = input_shape
        frames = None
        if samples is not None:
            frames = (samples + self.fft_length // 2 * 2 - self.fft_length) // self.sequence_stride + 1
        return (*batch, self.num_mel_bins, frames)


def _mel(hertz):
    """Pitch of a frequency. Source: O'Shaughnessy 1987, in natural logarithms."""
    return 1127.0 * torch.log(1.0 + hertz / 700.0)
