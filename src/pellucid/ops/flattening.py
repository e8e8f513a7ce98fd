"""batch_flatten: all axes but the first made one, in row-major order.

Above: the door ``pellucid.backend``; Flatten in layers/reshaping.py does the same with its own axes rule.
"""

from __future__ import annotations

import math

from pellucid.graph.operation import operation
from pellucid.graph.values import convert_to_tensor


@operation
def batch_flatten(x):
    """A value with two axes: the first as it was, all others as one.

    Values stay in row-major order: of a value (batch, height, width, channels) the element (h, w, c) lands at
    ``(h*width + w)*channels + c``.

    Shapes:
        x       (batch, ...)
        output  (batch, product of the other sizes); (batch, 1) where there are none
    """
    x = convert_to_tensor(x)
    return x.reshape(-1, math.prod(x.shape[1:]))
