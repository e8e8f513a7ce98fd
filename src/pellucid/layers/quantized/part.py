"""Part: a weight that can be quantized, as its layer describes it; and Mode, the parent of the ways to do so.

Below:  graph/values.py.
Above:  int8.py, int4.py, float8.py, calibrated.py are the modes; quantizable.py is the layers' side.
"""

from __future__ import annotations

import dataclasses

import torch


@dataclasses.dataclass(frozen=True)
class Part:
    """A weight that can be quantized.

    Args:
        name: "kernel" and the like; its scale is ``kernel_scale``.
        attribute: where the layer stores it.
        shape: of the weight before.
        kept: axes with a scale of their own at each place, in the scale's order.
        scale_shape: of the scale, which may have axes of size 1 besides.
        matrix: (rows, columns) when the weight is a matrix; rows are summed over unless `group_axis` is 1.
        group_axis: the axis of that matrix along which blocks lie.
        pack_axis: the axis along which 4-bit numbers are packed.
    """

    name: str
    attribute: str
    shape: tuple
    kept: tuple
    scale_shape: tuple
    matrix: tuple
    group_axis: int = 0
    pack_axis: int = -1

    @property
    def reduced(self) -> tuple:
        """The axes that share one scale."""
        return tuple(axis for axis in range(len(self.shape)) if axis not in self.kept)

    def stored_scale(self, scale: torch.Tensor) -> torch.Tensor:
        """A scale with the weight's axes, reduced ones of size 1, as it is stored."""
        return scale.permute(*self.kept, *self.reduced).reshape(self.scale_shape)

    def weight_scale(self, scale: torch.Tensor) -> torch.Tensor:
        """A stored scale with the weight's axes."""
        order = (*self.kept, *self.reduced)
        sizes = [self.shape[axis] for axis in self.kept] + [1] * len(self.reduced)
        return scale.reshape(sizes).permute([order.index(axis) for axis in range(len(order))])


class Mode:
    """A way to keep weights in fewer bits. One object serves all layers: what it knows lies in the layer."""

    name: str
    replaces = True  # whether the floating-point weight goes

    def build(self, layer, part: Part, config) -> None:
        """Make the weights that hold a quantized part."""
        raise NotImplementedError

    def numbers(self, layer, part: Part, value, config) -> dict:
        """The values of these weights, by attribute, for a floating-point value of the part."""
        return {}

    def visible(self, layer, part: Part):
        """The part as the user sees it."""
        return getattr(layer, part.attribute)

    def weight(self, layer, part: Part):
        """The floating-point value that the stored numbers stand for."""
        raise NotImplementedError

    def saved(self, layer, part: Part) -> list[str]:
        """Attributes that go into files after the part itself and the bias."""
        return []
