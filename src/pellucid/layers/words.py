"""Words: strings in whatever holds them, as arrays of Python strings, since PyTorch holds none.

Above: hashing.py, lookup.py and text_vectorization.py.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.graph.values import convert_to_numpy


def as_array(values, encoding: str = "utf-8") -> np.ndarray:
    """An array of str objects, or of numbers; of lists in lists with one length."""
    if isinstance(values, torch.Tensor) or hasattr(values, "__pellucid_value__"):
        return convert_to_numpy(values)
    if hasattr(values, "numpy") and not isinstance(values, np.ndarray):
        values = values.numpy()  # a tensor of another library
    array = np.asarray(values)
    if array.dtype.kind in "iufb":
        return array
    texts = [text_of(item, encoding) for item in array.reshape(-1).tolist()]
    result = np.empty(len(texts), object)
    result[:] = texts
    return result.reshape(array.shape)


def text_of(item, encoding: str) -> str:
    return item.decode(encoding) if isinstance(item, bytes) else str(item)
