"""Operations that are a module in PyTorch: how it is made, how it is called, and the names of its weights.

Below:  flow.py. Beside: expressions.py has the operations that are plain functions.
Kept true: a PyTorch user would have written it so: arguments that hold their default are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.convert.flow import Op
from pellucid.convert.torch.names import literal, whole_tuple
from pellucid.errors import UnsupportedError


@dataclass(frozen=True)
class Phrase:
    """A module in the source.

    Args:
        made: how `__init__` makes it: ``nn.Linear(3, 4)``.
        called: how `forward` calls it, with ``{self}`` and ``{x}`` to be filled in.
        states: its name for each of our weights.
    """

    made: str
    called: str = "{self}({x})"
    states: dict | None = None


def call(name: str, *plain, **named) -> str:
    """The text of a call; None leaves a word out."""
    told = [literal(value) if not isinstance(value, Raw) else value for value in plain]
    told += [f"{word}={literal(v) if not isinstance(v, Raw) else v}" for word, v in named.items() if v is not None]
    return f"{name}({', '.join(told)})"


class Raw(str):
    """Text that is Python already."""


def _unless(value, default):
    """A setting, or None where it holds its default everywhere."""
    several = value if isinstance(value, tuple) else (value,)
    return None if all(one == default for one in several) else _of_rank(value)


def _of_rank(value):
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _sizes(value):
    """Numbers along the spatial axes: one where they are alike, or there is one axis."""
    return value[0] if len(set(value)) == 1 else value


def padded(cells, value: float = 0.0) -> str:
    """``F.pad({x}, ...)`` for cells at both ends of the last axes; ``{x}`` where there are none."""
    if not any(any(pair) for pair in cells):
        return "{x}"
    numbers = whole_tuple([end for pair in reversed(cells) for end in pair])
    return f"F.pad({{x}}, {numbers})" if value == 0 else f"F.pad({{x}}, {numbers}, value={literal(value)})"


def _conv(op: Op) -> Phrase:
    weight, settings = op.weights["weight"].tensor, op.settings
    rank, cells = weight.ndim - 2, settings["padding"]
    even = all(before == after for before, after in cells)
    made = call(
        f"nn.Conv{rank}d",
        weight.shape[1] * settings["groups"],
        weight.shape[0],
        kernel_size=_sizes(tuple(weight.shape[2:])),
        stride=_unless(settings["stride"], 1),
        padding=_unless(tuple(before for before, _ in cells), 0) if even else None,
        dilation=_unless(settings["dilation"], 1),
        groups=_unless(settings["groups"], 1),
        bias=None if "bias" in op.weights else False,
    )
    return Phrase(made, "{self}({x})" if even else "{self}(" + padded(cells) + ")")


def _conv_transpose(op: Op) -> Phrase:
    weight, settings = op.weights["weight"].tensor, op.settings
    rank = weight.ndim - 2
    padding = tuple(before for before, _ in settings["crop"])
    longer = tuple(max(before - after, 0) for before, after in settings["crop"])
    limits = zip(longer, settings["stride"], settings["dilation"], strict=True)
    if any(extra >= max(stride, gap) for extra, stride, gap in limits):
        raise refusal(op, "PyTorch's output_padding must be below the stride", longer)
    made = call(
        f"nn.ConvTranspose{rank}d",
        weight.shape[0],
        weight.shape[1] * settings["groups"],
        kernel_size=_sizes(tuple(weight.shape[2:])),
        stride=_unless(settings["stride"], 1),
        padding=_unless(padding, 0),
        output_padding=_unless(longer, 0),
        dilation=_unless(settings["dilation"], 1),
        groups=_unless(settings["groups"], 1),
        bias=None if "bias" in op.weights else False,
    )
    cuts = [max(after - before, 0) for before, after in settings["crop"]]
    if not any(cuts):
        return Phrase(made)
    places = ", ".join(f":{-cut}" if cut else ":" for cut in cuts)
    return Phrase(made, f"{{self}}({{x}})[:, :, {places}]")


def _linear(op: Op) -> Phrase:
    units, features = op.weights["weight"].tensor.shape
    return Phrase(call("nn.Linear", features, units, bias=None if "bias" in op.weights else False))


def _batch_norm(op: Op) -> Phrase:
    channels = op.weights["running_mean"].tensor.shape[0]
    rank = max(op.output.ndim - 2, 1)
    if rank > 3:
        raise refusal(op, "PyTorch's batch normalization has at most 3 spatial axes", op.output.shape)
    settings = op.settings
    made = call(
        f"nn.BatchNorm{rank}d",
        channels,
        eps=_unless(settings["epsilon"], 1e-5),
        momentum=_unless(settings["momentum"], 0.1),
        affine=None if "weight" in op.weights else False,
    )
    return Phrase(made)


def _layer_norm(op: Op) -> Phrase:
    sizes = op.settings["sizes"]
    affine = "weight" in op.weights
    made = call(
        "nn.LayerNorm",
        sizes[0] if len(sizes) == 1 else Raw(whole_tuple(sizes)),
        eps=_unless(op.settings["epsilon"], 1e-5),
        elementwise_affine=None if affine else False,
        bias=False if affine and "bias" not in op.weights else None,
    )
    return Phrase(made)


def _rms_norm(op: Op) -> Phrase:
    sizes = op.settings["sizes"]
    return Phrase(
        call(
            "nn.RMSNorm",
            sizes[0] if len(sizes) == 1 else Raw(whole_tuple(sizes)),
            eps=op.settings["epsilon"],
            elementwise_affine=None if "weight" in op.weights else False,
        )
    )


def _group_norm(op: Op) -> Phrase:
    made = call(
        "nn.GroupNorm",
        op.settings["groups"],
        op.output.shape[1],
        eps=_unless(op.settings["epsilon"], 1e-5),
        affine=None if "weight" in op.weights else False,
    )
    return Phrase(made)


def _embedding(op: Op) -> Phrase:
    return Phrase(call("nn.Embedding", *op.weights["weight"].tensor.shape))


def _max_pool(op: Op) -> Phrase:
    return _pool(op, "MaxPool", float("-inf"), {})


def _avg_pool(op: Op) -> Phrase:
    counts = None if op.settings["count_include_pad"] else False
    return _pool(op, "AvgPool", 0.0, {"count_include_pad": counts})


def _pool(op: Op, name: str, filler: float, named: dict) -> Phrase:
    settings, rank = op.settings, len(op.settings["window"])
    window, stride, cells = settings["window"], settings["stride"], settings["padding"]
    if not any(any(pair) for pair in cells):
        named = {**named, "count_include_pad": None} if named else {}
    named = {"stride": None if stride == window else _sizes(stride), **named}
    dilation = settings.get("dilation", (1,) * rank)
    named["dilation"] = _unless(dilation, 1) if name == "MaxPool" else None
    spans = [(cell - 1) * gap + 1 for cell, gap in zip(window, dilation, strict=True)]
    sizes = op.inputs[0].shape[2:]
    before = tuple(pair[0] for pair in cells)
    fits = all(2 * pair[0] <= cell for pair, cell in zip(cells, window, strict=True))
    made = f"nn.{name}{rank}d"
    if fits and all(a == b for a, b in cells):
        return Phrase(call(made, _sizes(window), padding=_unless(before, 0), **named))
    if fits and _hangs_over(sizes, op.output.shape[2:], spans, stride, cells):
        return Phrase(call(made, _sizes(window), padding=_unless(before, 0), ceil_mode=True, **named))
    if name == "MaxPool":
        return Phrase(call(made, _sizes(window), **named), "{self}(" + padded(cells, filler) + ")")
    if settings["count_include_pad"]:
        return Phrase(call(made, _sizes(window), **named), "{self}(" + padded(cells) + ")")
    # The mean over the cells that are there: sums divided by counts.
    named.pop("count_include_pad", None)
    ones = padded(cells).replace("{x}", "torch.ones_like({x})")
    return Phrase(call(made, _sizes(window), **named), "{self}(" + padded(cells) + ") / {self}(" + ones + ")")


def _hangs_over(sizes, counts, spans, strides, cells) -> bool:
    """Whether `ceil_mode` lays the same windows: padding in front alone, the last window over the end."""
    if None in (*sizes, *counts):
        return False
    for size, count, span, stride, (before, after) in zip(sizes, counts, spans, strides, cells, strict=True):
        if after < before:
            return False
        windows = -(-(size + 2 * before - span) // stride) + 1
        if (windows - 1) * stride >= size + before:  # PyTorch leaves out a window that starts in the padding
            windows -= 1
        if windows != count:
            return False
    return True


def _adaptive(name: str):
    def phrase(op: Op) -> Phrase:
        size = op.settings["size"]
        return Phrase(call(f"nn.{name}{len(size)}d", _sizes(size)))

    return phrase


_DROPOUTS = {"each": "Dropout", "alpha": "AlphaDropout"}


def _dropout(op: Op) -> Phrase:
    style, rank = op.settings["style"], op.output.ndim - 2
    if style == "channels" and rank not in (1, 2, 3):
        raise refusal(op, "PyTorch drops whole channels of 1 to 3 spatial axes", op.output.shape)
    name = f"Dropout{rank}d" if style == "channels" else _DROPOUTS[style]
    return Phrase(call(f"nn.{name}", _unless(op.settings["rate"], 0.5) or Raw("0.5")))


def _recurrent(op: Op) -> Phrase:
    settings = op.settings
    cell, usual = settings["cell"], {"activation": "tanh", "gate": "sigmoid", "reset_after": True}
    if cell == "rnn":
        usual = {"activation": settings["activation"] if settings["activation"] == "relu" else "tanh"}
    for word, value in usual.items():
        if settings[word] != value:
            raise refusal(op, f"PyTorch's {cell.upper()} knows only {word}={value!r}", f"{word}={settings[word]!r}")
    made = call(
        {"lstm": "nn.LSTM", "gru": "nn.GRU", "rnn": "nn.RNN"}[cell],
        settings["features"],
        settings["units"],
        nonlinearity="relu" if cell == "rnn" and settings["activation"] == "relu" else None,
        bias=None if "bias_ih" in op.weights else False,
        batch_first=True,
        bidirectional=True if settings["ways"] == 2 else None,
    )
    states = {
        word: word.replace("_reverse", "") + "_l0" + ("_reverse" * word.endswith("_reverse")) for word in op.weights
    }
    return Phrase(made, states=states)


def _prelu(op: Op) -> Phrase | None:
    """A module where PyTorch's alpha lies: one for all, or one for each channel on axis 1; else None."""
    sizes = tuple(op.weights["weight"].tensor.shape)
    if all(size == 1 for size in sizes):
        return Phrase("nn.PReLU()")
    if all(size == 1 for size in sizes[1:]) and len(sizes) == op.output.ndim - 1:
        return Phrase(f"nn.PReLU({sizes[0]})")
    return None


MODULES = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "embedding": _embedding,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "adaptive_max_pool": _adaptive("AdaptiveMaxPool"),
    "adaptive_avg_pool": _adaptive("AdaptiveAvgPool"),
    "dropout": _dropout,
    "recurrent": _recurrent,
    "prelu": _prelu,
}


def refusal(op: Op, reason: str, got) -> UnsupportedError:
    """The error that names the layer and says why PyTorch cannot have it."""
    return UnsupportedError(f"'{op.layer}' cannot go to PyTorch: {reason}.", got=got)
