"""Whole: a layer as a whole in a few lines: what it reads, its weights, what a unit sees, its values.

Below:  xray/ answers.
Above:  explanation.py puts these lines under the layer's head.
Kept true: what is seen is said of a unit in the middle, far from the edges; values are those of all samples.
"""

from __future__ import annotations

import textwrap

import torch

from pellucid.errors import PellucidError
from pellucid.report.order import written
from pellucid.xray import Trace
from pellucid.xray.node import TraceNode


def told(followed: Trace, node: TraceNode) -> list[str]:
    """The lines, at most 80 characters long."""
    blocks = [
        ("reads", _reads(node)),
        ("read by", ", ".join(one.path for one in followed if node.path in one.inputs)),
        ("weights", ", ".join(f"{name} {shape}" for name, shape in _weights(node))),
        ("costs", "" if not node.macs else f"{node.macs:,} multiply-adds for one sample"),
        ("sees", _seen(followed, node)),
        ("values", _values(node.value)),
        ("memory", _memory(node.value)),
        ("links", "" if node.is_told else "it does not say which places feed which: all of its input is taken"),
    ]
    return [line for word, text in blocks if text for line in _block(word, text)]


def _reads(node: TraceNode) -> str:
    return ", ".join(f"{path} {shape}" for path, shape in zip(node.inputs, node.input_shapes, strict=True))


def _weights(node: TraceNode) -> list[tuple[str, tuple]]:
    """Names and shapes, those of layers inside with the names of these in front."""
    layer = node.layer
    weights = getattr(layer, "weights", None) or ()
    start = f"{getattr(layer, 'path', None) or getattr(layer, 'name', '')}/"
    return [(one.path.removeprefix(start), tuple(one.shape)) for one in weights]


def _seen(followed: Trace, node: TraceNode) -> str:
    """The field of a unit in the middle, in each input."""
    if not node.inputs or any(None in shape[1:] for one in followed for shape in one.output_shapes):
        return ""
    place = tuple(n // 2 for n in node.output_shape[1:])
    parts = [_seen_in(followed, node, place, name) for name in followed.sources((node.path, place)).by_input]
    return "; ".join(part for part in parts if part)


def _seen_in(followed: Trace, node: TraceNode, place, name: str) -> str:
    try:
        found = followed.sources((node.path, place), to=name)
        field = followed.receptive_field((node.path, place), to=name)
    except PellucidError:
        return ""  # a value without elements
    label = "" if found.exact else "at most "
    total = found.mask().size
    if found.count in (0, total) or field is None or not found.exact:
        return f"{label}{'nothing' if not found.count else 'all'} of {name}"
    if found.count == 1:
        return f"one element of {name}"
    size = " x ".join(map(str, field.size))
    apart = {str(one) for one in field.stride}
    steps = f", {apart.pop() if len(apart) == 1 else ' x '.join(map(str, field.stride))} apart"
    holes = ", with holes" if any(field.holes) else ""
    return f"{size} of {name}{steps}{holes}: {found.count:,} of {total:,} elements"


def _values(value: torch.Tensor | None) -> str:
    """Range, mean, and how many are 0 or no number."""
    if value is None or not value.numel() or value.is_complex():
        return ""
    plain = value.double()
    said = [f"{written(float(plain.min()))} to {written(float(plain.max()))}", f"mean {written(float(plain.mean()))}"]
    zeros, strange = int((plain == 0).sum()), int((~torch.isfinite(plain)).sum())
    said += [f"{100 * zeros / plain.numel():.0f} % are 0"] if zeros else []
    said += [f"{strange:,} are no finite numbers"] if strange else []
    return ", ".join(said) + f"; {len(value)} sample{'s' if len(value) != 1 else ''}"


def _memory(value: torch.Tensor | None) -> str:
    if value is None or value.is_contiguous():
        return ""
    return f"not in row-major order: a view of shape {tuple(value.shape)} with strides {tuple(value.stride())}"


def _block(word: str, text: str) -> list[str]:
    lines = textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False)
    return [f"{word if k == 0 else '':<8}{line}" for k, line in enumerate(lines)]
