"""The kernel of a convolution that computes a short-time Fourier transform, and the windows it may be shaped by.

Source: keras.initializers.STFT, Keras 3.15; the windows are those of scipy.signal.windows.
"""

from __future__ import annotations

import math

import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, ShapeError, UnknownNameError, nearest
from pellucid.graph.scopes import current_device
from pellucid.graph.values import convert_to_tensor
from pellucid.initializers.base import Initializer

# Weights of 1, -cos(x), cos(2x), -cos(3x) ..., which add up to the window.
_COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}
# Windows by the distance from their middle, which is 1 at both ends.
_BY_DISTANCE = {
    "bartlett": lambda d: 1 - d,
    "barthann": lambda d: 0.62 - 0.24 * d + 0.38 * torch.cos(math.pi * d),
    "bohman": lambda d: (1 - d) * torch.cos(math.pi * d) + torch.sin(math.pi * d) / math.pi,
    "lanczos": torch.special.sinc,
    "tukey": lambda d: 0.5 + 0.5 * torch.cos(math.pi * (2 * d - 1).clamp(min=0)),
}
WINDOWS = (*_COSINES, *_BY_DISTANCE)


def window_values(name: str, length: int, periodic: bool = True) -> torch.Tensor:
    """The values of a window, as float64.

    Args:
        periodic: whether the value after the last would be the first again.

    Raises:
        UnknownNameError: no such window.
    """
    if name not in WINDOWS:
        close = nearest(name, WINDOWS)
        raise UnknownNameError(
            f"There is no window '{name}'.",
            got=repr(name),
            expected="one of " + ", ".join(WINDOWS) + ", or the values themselves",
            fix=f'window="{close[0] if close else "hann"}"',
        )
    if length == 1:
        return torch.ones(1, dtype=torch.float64, device=current_device())
    steps = length if periodic else length - 1
    along = torch.arange(length, dtype=torch.float64, device=current_device()) / steps
    if name in _BY_DISTANCE:
        return _BY_DISTANCE[name]((2 * along - 1).abs())
    terms = [(-1) ** k * share * torch.cos(2 * math.pi * k * along) for k, share in enumerate(_COSINES[name])]
    return torch.stack(terms).sum(0)


class STFT(Initializer):
    """Cosines or sines of one frequency per channel, shaped by a window.

    Args:
        side: ``"real"`` for cosines, ``"imag"`` for sines.
        window: a name from `WINDOWS`, its values, or None.
        scaling: ``"density"`` (by the root of the squares' sum), ``"spectrum"`` (by the sum), or None.
        periodic: whether the window's value after the last would be the first again.

    Shapes:
        output  (frame_length, 1, fft_length // 2 + 1)

    Raises:
        ArgumentError: another `side` or `scaling`.
        UnknownNameError: no such window.
        ShapeError: `window` has not one value per step of the frame.
    """

    arguments = ("side", "window", "periodic", "scaling")

    def __init__(self, side="real", window="hann", scaling="density", periodic=False):
        if side not in ("real", "imag"):
            raise ArgumentError("`side` is one half of a complex number.", got=repr(side), expected='"real" or "imag"')
        if isinstance(window, str):
            window_values(window, 1)
        if scaling not in (None, "density", "spectrum"):
            raise ArgumentError("Unknown `scaling`.", got=repr(scaling), expected='"density", "spectrum" or None')
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape, dtype=None):
        frame_length, _, frequencies = shape
        device = current_device()
        turns = torch.arange(frequencies, dtype=torch.float64, device=device) / ((frequencies - 1) * 2)
        time = torch.arange(frame_length, dtype=torch.float64, device=device)
        angles = -2 * math.pi * time[:, None, None] * turns
        kernel = angles.cos() if self.side == "real" else angles.sin()
        if self.window is not None:
            kernel = kernel * self._scaled_window(frame_length)[:, None, None]
        return kernel.to(to_torch(dtype))

    def _scaled_window(self, frame_length):
        if isinstance(self.window, str):
            window = window_values(self.window, frame_length, self.periodic)
        else:
            window = convert_to_tensor(self.window, dtype="float64")
        if tuple(window.shape) != (frame_length,):
            raise ShapeError("A window has one value per step.", got=tuple(window.shape), expected=(frame_length,))
        if self.scaling == "density":
            return window / window.square().sum().sqrt()
        return window / window.abs().sum() if self.scaling == "spectrum" else window


stft = STFTInitializer = STFT
