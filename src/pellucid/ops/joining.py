"""Several values into one, and one into several: concatenate, stack, split.

Below: promotion.py brings the parts to one dtype.
"""

from __future__ import annotations

import torch

from pellucid.axes import canonical
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.symbol import KerasTensor
from pellucid.ops.promotion import pair, tensor, tensors
from pellucid.ops.symbolic import inferred, output_of


@operation
def concatenate(xs, axis=0):
    """Values one after the other along an axis they have; the other sizes are equal."""
    if axis is None:
        raise ArgumentError("`concatenate` needs an axis.", got="axis=None", fix="axis=0")
    return torch.cat(tensors(xs), dim=axis)


@operation
def stack(x, axis=0):
    """Values of one shape one after the other along a new axis."""
    return torch.stack(tensors(x), dim=axis)


@operation
def append(x1, x2, axis=None):
    """`x2` after `x1` along `axis`; None lays both out flat."""
    x1, x2 = pair(x1, x2)
    x1, x2 = tensor(x1), tensor(x2)
    return torch.cat((x1.flatten(), x2.flatten())) if axis is None else torch.cat((x1, x2), dim=axis)


@operation
def hstack(xs):
    """Values one after the other along axis 1; vectors along axis 0."""
    return torch.hstack(tensors(xs))


@operation
def vstack(xs):
    """Values one after the other along axis 0; vectors become rows."""
    return torch.vstack(tensors(xs))


@operation
def dstack(xs):
    """Values one after the other along axis 2; vectors and matrices get that axis."""
    return torch.dstack(tensors(xs))


@operation
def split(x, indices_or_sections, axis=0):
    """A list of parts of `x` along `axis`.

    Args:
        indices_or_sections: how many equal parts, or the places before which to cut.

    Raises:
        ShapeError: the axis does not divide into so many equal parts.
    """
    x = tensor(x)
    if not x.is_meta:
        _check_equal_parts(x.shape, indices_or_sections, axis)
    return list(torch.tensor_split(x, _cuts(indices_or_sections), dim=axis))


@output_of(split)
def _split_output(x, indices_or_sections, axis=0):
    _check_equal_parts(x.shape, indices_or_sections, axis)
    return inferred(split, x, indices_or_sections, axis=axis)


def _check_equal_parts(shape, sections, axis):
    size = shape[canonical(axis, len(shape))]
    if isinstance(sections, int) and size is not None and size % sections:
        raise ShapeError(
            f"Axis {axis} does not divide into equal parts.", got=size, expected=f"a multiple of {sections}"
        )


def _cuts(indices_or_sections):
    """Sections as an int, cuts as a list of ints."""
    if isinstance(indices_or_sections, int):
        return indices_or_sections
    if isinstance(indices_or_sections, torch.Tensor) or hasattr(indices_or_sections, "tolist"):
        indices_or_sections = indices_or_sections.tolist()
    return indices_or_sections if isinstance(indices_or_sections, int) else [int(cut) for cut in indices_or_sections]


@operation
def array_split(x, indices_or_sections, axis=0):
    """A list of parts of `x` along `axis`, of which the first may be one longer.

    Raises:
        ArgumentTypeError: the number of parts or the axis is no whole number.
        ArgumentError: no parts.
    """
    if not isinstance(indices_or_sections, (int, list, tuple)):
        raise ArgumentTypeError("`indices_or_sections` is a whole number or places.", got=repr(indices_or_sections))
    if isinstance(indices_or_sections, int) and indices_or_sections <= 0:
        raise ArgumentError("There is at least one part.", got=indices_or_sections, expected="1 or more")
    if not isinstance(axis, int):
        raise ArgumentTypeError("`axis` is a whole number.", got=repr(axis))
    return list(torch.tensor_split(tensor(x), _cuts(indices_or_sections), dim=axis))


@operation
def hsplit(x, indices_or_sections):
    """A list of parts along axis 1; of a vector along axis 0."""
    return list(torch.hsplit(tensor(x), _cuts(indices_or_sections)))


@operation
def vsplit(x, indices_or_sections):
    """A list of parts along axis 0."""
    return list(torch.vsplit(tensor(x), _cuts(indices_or_sections)))


@operation
def dsplit(x, indices_or_sections):
    """A list of parts along axis 2."""
    return list(torch.dsplit(tensor(x), _cuts(indices_or_sections)))


@operation
def unstack(x, num=None, axis=0):
    """A list of the values along `axis`, each without it."""
    return list(torch.unbind(tensor(x), axis))


@output_of(unstack)
def _unstack_output(x, num=None, axis=0):
    axis = canonical(axis, len(x.shape))
    count = x.shape[axis] if num is None else num
    if count is None:
        raise ShapeError("How many values there are is not known.", got=x.shape, fix="ops.unstack(x, num=3)")
    return [KerasTensor(x.shape[:axis] + x.shape[axis + 1 :], x.dtype) for _ in range(count)]
