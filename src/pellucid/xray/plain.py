"""Plain: numbers as JSON takes them.

Above: all that has a `to_dict`.
"""

from __future__ import annotations

import math

import torch


def number(value) -> float | int | str:
    """A Python number; "nan", "inf" or "-inf" as words, because JSON has no such numbers."""
    if isinstance(value, torch.Tensor):
        value = value.item()
    is_word = isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value))
    return str(value) if is_word else value


def numbers(value: torch.Tensor):
    """All of a tensor, as lists of lists."""
    is_plain = not value.is_complex() and bool(torch.isfinite(value).all())
    return value.tolist() if is_plain else _words(value.tolist())


def _words(values):
    return [_words(one) for one in values] if isinstance(values, list) else number(values)
