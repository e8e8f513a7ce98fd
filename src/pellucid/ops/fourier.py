"""Fourier transforms; complex values are pairs (real part, imaginary part).

Below:  promotion.py prepares the operands.
Units:  frequencies in turns per sample; no transform is scaled, every inverse divides by the length.
"""

from __future__ import annotations

import math

import torch

from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.operation import operation
from pellucid.ops.promotion import common, tensor


@operation
def fft(x):
    """The discrete Fourier transform along the last axis, of a pair (real, imaginary)."""
    return _parts(torch.fft.fft(_complex(x, 1)))


@operation
def fft2(x):
    """The discrete Fourier transform along the last two axes, of a pair (real, imaginary)."""
    return _parts(torch.fft.fft2(_complex(x, 2)))


@operation
def ifft2(x):
    """The inverse of `fft2`."""
    return _parts(torch.fft.ifft2(_complex(x, 2)))


@operation
def rfft(x, fft_length=None):
    """The transform of real values along the last axis: its first ``fft_length // 2 + 1`` frequencies, as a pair.

    Args:
        fft_length: cut, or fill with zeros, to this length before.
    """
    x = tensor(x)
    if x.ndim < 1:
        raise ShapeError("A transform needs an axis.", got=tuple(x.shape), expected="(..., samples)")
    return _parts(torch.fft.rfft(x, n=_length(fft_length)))


@operation
def irfft(x, fft_length=None):
    """The inverse of `rfft`: real values of this length; None takes ``2 * (frequencies - 1)``."""
    return torch.fft.irfft(_complex(x, 1), n=_length(fft_length))


def _length(fft_length):
    if fft_length is not None and (not isinstance(fft_length, int) or fft_length < 1):
        raise ArgumentError("`fft_length` is a whole number from 1.", got=repr(fft_length), fix="fft_length=8")
    return fft_length


def _complex(x, axes) -> torch.Tensor:
    """A complex tensor from its two parts."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ArgumentError(
            "A complex value is a pair (real, imaginary).", got=repr(x)[:80], fix="(x, ops.zeros_like(x))"
        )
    real, imaginary = (tensor(part) for part in x)
    if real.shape != imaginary.shape:
        raise ShapeError("Both parts have one shape.", got=tuple(imaginary.shape), expected=tuple(real.shape))
    if real.ndim < axes:
        raise ShapeError("The transform needs more axes.", got=tuple(real.shape), expected=f"{axes} or more")
    if not (real.is_floating_point() and imaginary.is_floating_point()):
        raise ArgumentError("Both parts are floats.", got=real.dtype, fix='ops.cast(x, "float32")')
    return torch.complex(*common(real, imaginary))


def _parts(x) -> tuple[torch.Tensor, torch.Tensor]:
    return x.real, x.imag


@operation
def view_as_complex(x):
    """A complex value from one whose last axis holds the real and the imaginary part.

    Raises:
        ShapeError: the last axis has not size 2.
    """
    x = tensor(x)
    if x.ndim < 1 or x.shape[-1] != 2:
        raise ShapeError("The last axis holds two parts.", got=tuple(x.shape), expected="(..., 2)")
    return torch.view_as_complex(x.float().contiguous())


@operation
def view_as_real(x):
    """A real value whose last axis holds the real and the imaginary part."""
    x = tensor(x)
    return torch.view_as_real(x.resolve_conj()) if x.is_complex() else torch.stack((x, torch.zeros_like(x)), dim=-1)


@operation
def extract_sequences(x, sequence_length, sequence_stride):
    """Windows of the last axis, `sequence_stride` apart.

    Shapes:
        x       (..., samples)
        output  (..., windows, sequence_length)
    """
    x = tensor(x)
    if x.ndim < 1:
        raise ShapeError("Sequences need an axis.", got=tuple(x.shape), expected="(..., samples)")
    return x.unfold(-1, sequence_length, sequence_stride)


@operation
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The transform of windows along the last axis, as a pair.

    Shapes:
        x       (..., samples)
        output  (..., windows, fft_length // 2 + 1), twice

    Args:
        sequence_length: samples in a window, at most `fft_length`, to which it is filled with zeros.
        sequence_stride: samples from one window to the next.
        window: ``"hann"``, ``"hamming"``, weights of a window, or None for none.
        center: whether window k is centred at sample ``k * sequence_stride``, the ends mirrored.

    Raises:
        ArgumentTypeError: neither float32 nor float64.
        ArgumentError: an unknown window, or a window longer than `fft_length`.
    """
    x = tensor(x)
    if x.dtype not in (torch.float32, torch.float64):
        raise ArgumentTypeError("`stft` takes float32 or float64.", got=x.dtype, fix='ops.cast(x, "float32")')
    _check_lengths(sequence_length, sequence_stride, fft_length)
    rows = x.reshape(-1, x.shape[-1])
    if center:
        rows = torch.nn.functional.pad(rows[:, None], (fft_length // 2,) * 2, mode="reflect")[:, 0]
    weights = _padded(_window(window, sequence_length, x), fft_length)
    spectrum = torch.fft.rfft(rows.unfold(-1, fft_length, sequence_stride) * weights)
    return _parts(spectrum.reshape(*x.shape[:-1], *spectrum.shape[-2:]))


def _check_lengths(sequence_length, sequence_stride, fft_length):
    if not isinstance(sequence_stride, int) or sequence_stride < 1:
        raise ArgumentError(
            "`sequence_stride` is a whole number from 1.", got=repr(sequence_stride), fix="sequence_stride=1"
        )
    if fft_length < sequence_length:
        raise ArgumentError(
            "A window is not longer than the transform.",
            got=f"fft_length={fft_length}",
            expected=f"{sequence_length} or more",
        )


def _window(window, length, like) -> torch.Tensor:
    """The weights of a window in the dtype of `like`."""
    kinds = {"hann": torch.hann_window, "hamming": torch.hamming_window}
    if window is None:
        return torch.ones(length, dtype=like.dtype, device=like.device)
    if isinstance(window, str):
        if window not in kinds:
            raise ArgumentError("Unknown window.", got=repr(window), expected="'hann', 'hamming', weights or None")
        return kinds[window](length, periodic=True, dtype=like.dtype, device=like.device)
    weights = tensor(window).to(like.dtype)
    if tuple(weights.shape) != (length,):
        raise ShapeError("A window has one weight for each sample.", got=tuple(weights.shape), expected=(length,))
    return weights


def _padded(weights, length) -> torch.Tensor:
    """Zeros on both sides, up to `length`."""
    before = (length - weights.shape[0]) // 2
    return torch.nn.functional.pad(weights, (before, length - weights.shape[0] - before))


@operation
def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The inverse of `stft`: windows weighted once more, added up where they overlap, and divided by their weights.

    Args:
        x: a pair (real, imaginary) as `stft` gives it.
        length: samples to give; None gives what the windows cover (with `center`, without the mirrored ends).
    """
    x = _complex(x, 2)
    _check_lengths(sequence_length, sequence_stride, fft_length)
    frames = torch.fft.irfft(x, n=fft_length)
    count = frames.shape[-2]
    samples = fft_length + sequence_stride * (count - 1)
    envelope = None
    if window is not None:
        weights = _padded(_window(window, sequence_length, frames), fft_length)
        frames = frames * weights
        if center and sequence_length == fft_length:
            # The windows that are there: exact up to the ends.
            envelope = _overlapped((weights**2).expand(1, count, -1), sequence_stride, samples)[0]
        else:
            # Without centring no window reaches the ends at full weight, and dividing there would blow them up.
            frames = frames / _endless_squares(weights, sequence_stride)
    total = _overlapped(frames.reshape(-1, count, fft_length), sequence_stride, samples)
    total = total.reshape(*x.shape[:-2], samples)
    first = fft_length // 2 if center else 0
    last = first + length if length is not None else samples - first
    missing = max(0, last - samples)
    total = total if envelope is None else total / envelope.clamp_min(1e-11)
    return torch.nn.functional.pad(total, (0, missing))[..., first:last]


def _endless_squares(weights, stride) -> torch.Tensor:
    """At each sample of a window, the squares of all weights that fall on it in an endless row of windows."""
    length = weights.shape[0]
    turns = math.ceil(length / stride)
    squares = torch.nn.functional.pad(weights**2, (0, turns * stride - length)).reshape(turns, stride).sum(0)
    return squares.repeat(turns)[:length]


def _overlapped(frames, stride, samples) -> torch.Tensor:
    """Windows added up where they overlap: (rows, windows, length) becomes (rows, samples)."""
    folded = torch.nn.functional.fold(frames.mT, (1, samples), (1, frames.shape[-1]), stride=(1, stride))
    return folded.reshape(frames.shape[0], samples)
