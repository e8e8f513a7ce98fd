"""What operations whose result's shape depends on values, or on functions given to them, say about it.

Above: the files here that hold such operations.
Kept true: only those; every other operation is asked by running it without values (graph/inference.py).
"""

from __future__ import annotations

from collections.abc import Callable

from pellucid.graph.operation import Operation


def output_of(operation: Callable) -> Callable:
    """A decorator: the function under it gives the symbolic results of `operation` for the same arguments."""

    def note(spec):
        operation.node_class.compute_output_spec = lambda self, *args, **kwargs: spec(
            *args, **{**self.arguments, **kwargs}
        )
        return spec

    return note


def inferred(operation, *args, **kwargs):
    """The symbolic results of `operation`, found by running it without values."""
    return Operation.compute_output_spec(operation.node_class(name=operation.__name__), *args, **kwargs)
