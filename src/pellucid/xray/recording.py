"""Recording: the values of one run, caught as each layer gives them.

Below:  engine/program.py asks the recorder to call its operations while one is set.
Above:  trace.py.
Kept true: shapes of all values are noted; of the values themselves no more than fit.
"""

from __future__ import annotations

import torch

from pellucid import nest
from pellucid.engine import program
from pellucid.errors import ArgumentError
from pellucid.xray.sites import Site, is_walked


class Recorder:
    """Calls operations, and keeps what they give.

    Args:
        sites: the calls to come, in order; inputs left out.
        wanted: whether to keep the values of a site; None for all.
        max_bytes: how much may be kept in all; None for no limit.
    """

    def __init__(self, sites: list[Site], wanted, max_bytes: float | None):
        self.left = iter(sites)
        self.wanted, self.bytes_left = wanted, max_bytes
        self.values: dict[int, torch.Tensor] = {}
        self.shapes: dict[int, tuple] = {}
        self.left_out: list[str] = []
        self._is_inside = False

    def __call__(self, operation, *args, **kwargs):
        if self._is_inside or is_walked(operation):
            return operation(*args, **kwargs)
        self._is_inside = True
        try:
            outputs = operation(*args, **kwargs)
        finally:
            self._is_inside = False
        site = next(self.left)
        assert site.layer is operation
        self.keep(site, outputs)
        return outputs

    def keep(self, site: Site, outputs):
        """Note what a site gave."""
        for number, value in zip(site.writes, nest.flatten(outputs), strict=True):
            self.shapes[number] = tuple(value.shape)
            size = value.numel() * value.element_size()
            if not self.wanted(site.path):
                continue
            if self.bytes_left is not None and size > self.bytes_left:
                self.left_out.append(site.path)
                continue
            if self.bytes_left is not None:
                self.bytes_left -= size
            self.values[number] = value.detach()


def record(model, x, training: bool, recorder: Recorder) -> None:
    """Run a model, or a layer, once.

    Raises:
        ArgumentError: the input does not fit.
    """
    with torch.no_grad(), program.calling_through(recorder):
        model(x, training=training)


def wanted(values: str, layers):
    """Whether to keep the values of a path.

    Raises:
        ArgumentError: `values` is no word that is known.
    """
    if values not in ("auto", "all", "none"):
        raise ArgumentError(
            "`values` says which values are kept.", got=repr(values), expected='"auto" (what fits), "all" or "none"'
        )
    names = None if layers is None else {getattr(layer, "name", layer) for layer in layers}
    return lambda path: values != "none" and (names is None or path in names or path.rsplit("/", 1)[-1] in names)
