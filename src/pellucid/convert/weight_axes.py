"""Which axes of a layer's weights follow which axes of its input and output: one row for each family.

Above:  passing.py moves the axes that are told here; what is not told here is never moved.
Kept true: "in" is the input's last axis and "out" the output's; axes of other names stay as they are.
"""

from __future__ import annotations

from pellucid.errors import UnsupportedError

_DENSE = {"kernel": "in out", "bias": "out", "lora_kernel_a": "in rank", "lora_kernel_b": "rank out"}
_CELL = {"kernel": "in gates", "recurrent_kernel": "units gates", "bias": "gates"}
_WINDOWS = {1: "steps", 2: "height width", 3: "depth height width"}
WORDS = {"Dense": _DENSE, "SimpleRNNCell": _CELL, "LSTMCell": _CELL, "GRUCell": _CELL}

# The input's axes that the axes of all own weights follow in turn, counted without the batch.
ALONG = {
    "BatchNormalization": lambda layer, ndim: _counted(layer.axis, ndim),
    "LayerNormalization": lambda layer, ndim: _counted(layer.axis, ndim),
    "RMSNormalization": lambda layer, ndim: _counted(layer.axis, ndim),
    "GroupNormalization": lambda layer, ndim: _counted(layer.axis, ndim),
    "PReLU": lambda layer, ndim: list(range(ndim)),
}


def followed(layer, ndim: int) -> list[int]:
    """The axes of the input that the layer's own weights lie along."""
    return ALONG[type(layer).__name__](layer, ndim)


def mixed(layer, ndim: int) -> list[int]:
    """The axes that a layer with an `axis` argument works along."""
    return _counted(layer.axis, ndim)


def _counted(axis, ndim: int) -> list[int]:
    several = axis if isinstance(axis, (list, tuple)) else [axis]
    return [one % (ndim + 1) - 1 for one in several]


def of_word(layer, word: str) -> list[tuple]:
    """Pairs (weight, axis) of a layer's own weights: the axes of that name.

    Raises:
        UnsupportedError: the weights are quantized, so that their axes are packed.
    """
    if getattr(layer, "quantization_mode", None) not in (None, "float8"):
        raise UnsupportedError(
            f"The weights of '{layer.name}' would have to be moved, and they are quantized.",
            got=layer.quantization_mode,
            fix="relayout the model first, and quantize what comes out",
        )
    rows = WORDS[type(layer).__name__]
    pairs = []
    for weight in layer._own_weights():
        names = rows.get(weight.name, "").split()
        pairs += [(weight, at) for at, name in enumerate(names) if name == word]
    return pairs


def names(layer, weight) -> str:
    """The names of a weight's axes."""
    told = WORDS.get(type(layer).__name__, {}).get(weight.name)
    if told is None and hasattr(layer, "rank") and weight.ndim == layer.rank + 2:
        return f"{_WINDOWS[layer.rank]} {'out in' if type(layer).__name__.endswith('Transpose') else 'in out'}"
    return told or " ".join(["features"] if weight.ndim == 1 else [f"axis{k}" for k in range(weight.ndim)])
